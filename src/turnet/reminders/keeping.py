"""The acts on rounds: making one, changing it, switching it on and off, removing it.

Switching on never writes to visits whose time for it is past. Switching off lets go what waits.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from turnet.audit.service import note
from turnet.booking.model import Act
from turnet.booking.service.attempt import attempt
from turnet.clinic.model import Clinic
from turnet.db.transactions import fetch, marks
from turnet.errors import Invalid, NotAllowed, Stale
from turnet.reminders.check import wrong
from turnet.reminders.model import Round
from turnet.reminders.planning import Plan, make_missing, plan_again
from turnet.reminders.queries import active_rounds, round_named
from turnet.reminders.service import rest_of
from turnet.reminders.steps import OFF
from turnet.staff.permissions import require

_COLUMNS = (
    "name", "kind", "channels", "days", "at_minute", "minutes", "fallback", "only_unconfirmed", "answers", "location",
    "service", "text", "active", "position",
)  # fmt: skip


async def add(act: Act, clinic: Clinic, wanted: Round, *, hears: bool) -> Round:
    """A new one, at the end and with a name of its own. Raises `NotYours` and `Invalid`."""
    _checked(act, clinic, wanted, hears=hears)
    return await attempt(partial(_add, act, clinic, wanted))


async def _add(act: Act, clinic: Clinic, wanted: Round) -> Round:
    [(last,)] = await fetch("SELECT COALESCE(max(position), 0) FROM message_round")
    made = replace(wanted, name=f"{wanted.kind}_{secrets.token_hex(3)}", position=last + 1, version=1)
    await fetch(
        f"INSERT INTO message_round ({', '.join(_COLUMNS)}, version) VALUES ({marks(_COLUMNS)}, 1)",  # noqa: S608
        *_values(made),
    )
    if made.active:
        await _begin(made, clinic, act.now)
    await note(act.actor, "round_added", real=act.real, facts={"round": made.name, "active": made.active})
    return made


async def change(act: Act, clinic: Clinic, wanted: Round, *, hears: bool) -> Round:
    """`wanted` has the name and the version of one that was read; its kind stays. Raises `NotYours`, `Invalid`,
    `NotFound`, and `Stale` when somebody changed it since.
    """
    _checked(act, clinic, wanted, hears=hears)
    return await attempt(partial(_change, act, clinic, wanted))


async def switch(act: Act, clinic: Clinic, name: str, *, on: bool, version: int, hears: bool) -> Round:
    """Raises as `change` does; `Invalid` for one that cannot be as it is."""
    was = await round_named(name)
    return await change(act, clinic, replace(was, active=on, version=version), hears=hears or not on)


async def _change(act: Act, clinic: Clinic, wanted: Round) -> Round:
    was = await round_named(wanted.name)
    made = replace(wanted, kind=was.kind, position=was.position, version=was.version + 1)
    changes = ", ".join(f"{column} = {{}}" for column in _COLUMNS)
    done = await fetch(
        f"UPDATE message_round SET {changes}, version = {{}} WHERE name = {{}} AND version = {{}} RETURNING id",  # noqa: S608
        *(*_values(made), made.version, was.name, wanted.version),
    )
    if not done:
        raise Stale(round=was.name)
    await _follow(was, made, clinic, act.now)
    await note(act.actor, "round_changed", real=act.real, facts={"round": made.name, "active": made.active})
    return made


async def _follow(was: Round, made: Round, clinic: Clinic, now: datetime) -> None:
    """Steps become what the round now says."""
    if not made.active:
        await _let_go(made.name)
    elif not was.active:
        await fetch(
            "DELETE FROM step WHERE rule = {} AND state = 'dropped' AND reason = {} AND due_at > {} RETURNING id",
            *(made.name, OFF, now),
        )
        await _begin(made, clinic, now)
    elif _plan_of(was) != _plan_of(made):
        await plan_again(Plan([made], rest_of(clinic), now, beside=await _others(made)))
        await _begin(made, clinic, now)


def _plan_of(round: Round) -> tuple[Any, ...]:
    """What decides which visits have a step of it, and when."""
    return round.days, round.at_minute, round.minutes, round.channels, round.location, round.service


async def _begin(round: Round, clinic: Clinic, now: datetime) -> None:
    await make_missing(Plan([round], rest_of(clinic), now, since=now, beside=await _others(round)))


async def _others(round: Round) -> Sequence[Round]:
    return [other for other in await active_rounds() if other.name != round.name]


async def _let_go(name: str) -> None:
    await fetch(
        "UPDATE step SET state = 'dropped', reason = {} WHERE rule = {} AND state = 'waiting' RETURNING id", OFF, name
    )


async def remove(act: Act, name: str, *, version: int) -> None:
    """What it has sent stays on record. Raises `NotYours`, `NotFound`, `Stale`, and `NotAllowed` for those that came
    with the database.
    """
    require(act.staff, "rounds.manage")
    await attempt(partial(_remove, act, name, version))


async def _remove(act: Act, name: str, version: int) -> None:
    if (await round_named(name)).built_in:
        raise NotAllowed(round=name)
    gone = await fetch("DELETE FROM message_round WHERE name = {} AND version = {} RETURNING id", name, version)
    if not gone:
        raise Stale(round=name)
    await _let_go(name)
    await note(act.actor, "round_removed", real=act.real, facts={"round": name})


def _checked(act: Act, clinic: Clinic, wanted: Round, *, hears: bool) -> None:
    require(act.staff, "rounds.manage")
    if errors := wrong(wanted, clinic, hears=hears):
        raise Invalid(errors)


def _values(round: Round) -> list[Any]:
    own: dict[str, Any] = {column: getattr(round, column) for column in _COLUMNS}
    own |= {"kind": round.kind.value, "channels": ",".join(round.channels), "text": json.dumps(dict(round.text))}
    return list(own.values())
