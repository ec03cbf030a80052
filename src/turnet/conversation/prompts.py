"""Open questions: at most one for one of our numbers and one telephone, each about visits as they were when it was asked."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from turnet.booking.model import Visit
from turnet.conversation.meaning import Asked
from turnet.conversation.service.thread import to_desk
from turnet.db.transactions import fetch, on_sqlite, tx
from turnet.messaging.outbox import Claimed

CHOOSING = timedelta(minutes=30)
"""How long times are held, and the question which of them."""
WHICH = timedelta(hours=2)
OPINION = timedelta(days=3)
"""For a score, and for why."""
AFTER_START = timedelta(minutes=30)
"""A visit may be checked in so long after its start."""
LOOK_AGAIN = timedelta(minutes=30)
"""A question that waits for another asks so often whether that was answered meanwhile."""
MOST = 6
"""Visits of one question that have letters."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_MINOR = frozenset({Asked.SCORE, Asked.WHY})
"""These wait for every other question, and are closed by it."""
_UNDER_WAY = frozenset({Asked.TIMES, Asked.WHICH})
"""Somebody is in the middle of choosing: a reminder waits for that, if it can."""


@dataclass(frozen=True, slots=True)
class Subject:
    booking: int
    visit_no: int
    """The visit's when it was asked."""
    letter: str
    claim: int | None = None
    """Of an offered time."""
    wish: Mapping[str, Any] = field(default_factory=dict)
    """What the question keeps in mind beside the visit."""


@dataclass(frozen=True, slots=True)
class Open:
    """A question, whether it is still open or not."""

    id: int
    our_number: str
    phone: str
    kind: Asked
    state: str
    language: str
    asked_at: datetime
    expires_at: datetime
    asked_back: bool
    subjects: tuple[Subject, ...]
    """By letter."""

    @property
    def letters(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(subject.letter for subject in self.subjects))

    @property
    def visits(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(subject.booking for subject in self.subjects))


async def ask(
    row: Claimed, visits: Sequence[Visit], asked: Asked, *, our_number: str, language: str, now: datetime
) -> datetime | None:
    """Opens the question that an SMS is about to ask. None: it may leave. An instant: something else is open, try then.

    In a transaction of its own, so that an answer finds the question however fast it comes. The same message twice asks
    once.
    """
    async with tx():
        await one_at_a_time(row.recipient)
        rows = await fetch("SELECT state FROM prompt WHERE message = {} ORDER BY id DESC LIMIT 1", row.id)
        if rows and rows[0][0] in {"open", "answered"}:
            return None
        others = [one for one in await standing(row.recipient, our_number, states=("open",)) if one.expires_at > now]
        waits = [again for other in others if (again := _waits(asked, other, row, now))]
        if waits:
            return max(waits)
        subjects = [Subject(visit.id, visit.visit_no, letter) for visit, letter in zip(visits, LETTERS, strict=False)]
        await open_one(
            row.recipient, our_number, asked, subjects, language=language, until=_expiry(asked, visits, now), now=now,
            message=row.id,
        )  # fmt: skip
    return None


def _waits(asked: Asked, other: Open, row: Claimed, now: datetime) -> datetime | None:
    """When to try again, because `other` goes first."""
    if asked in _MINOR:
        return None if other.kind in _MINOR else min(other.expires_at, now + LOOK_AGAIN)
    return other.expires_at if other.kind in _UNDER_WAY and other.expires_at < row.not_after else None


def _expiry(asked: Asked, visits: Sequence[Visit], now: datetime) -> datetime:
    if asked in _MINOR:
        return now + OPINION
    last = max(visit.starts_at for visit in visits)
    return last + AFTER_START if asked is Asked.CHECKIN else last


async def one_at_a_time(phone: str) -> None:
    """Until the transaction ends nobody else opens or answers a question of this telephone."""
    if not on_sqlite():
        await fetch("SELECT pg_advisory_xact_lock(hashtextextended({}, 0))", f"phone:{phone}")


async def open_one(
    phone: str,
    our_number: str,
    asked: Asked,
    subjects: Sequence[Subject],
    *,
    language: str,
    until: datetime,
    now: datetime,
    message: object = None,
    asked_back: bool = False,
) -> int:
    """Inside a transaction; closes whatever is open for the same numbers. Returns the question's id."""
    for other in await standing(phone, our_number, states=("open",)):
        if other.expires_at <= now:
            await lapse(other, now=now)
        elif other.our_number == our_number:
            await _cut_short(other, "closed", now=now)
    [(id,)] = await fetch(
        "INSERT INTO prompt (message, our_number, phone, kind, state, language, asked_at, expires_at, asked_back) "
        "VALUES ({}, {}, {}, {}, 'open', {}, {}, {}, {}) RETURNING id",
        *(message, our_number, phone, asked.value, language, now, until, asked_back),
    )
    for subject in subjects:
        await fetch(
            "INSERT INTO prompt_subject (prompt, booking, visit_no, letter, claim, wish) VALUES ({}, {}, {}, {}, {}, {})",
            *(id, subject.booking, subject.visit_no, subject.letter, subject.claim, json.dumps(dict(subject.wish))),
        )
    return int(id)


async def keep(
    prompt: Open, asked: Asked, visits: Sequence[Visit], wish: Mapping[str, Any], *, language: str, now: datetime
) -> None:
    """Of an answer after which there is nothing to ask: what would have been asked of whom, closed at once.

    `turnet.booking.doubts` reads from it who cannot come.
    """
    subjects = [
        Subject(visit.id, visit.visit_no, letter, wish=wish) for visit, letter in zip(visits, LETTERS, strict=False)
    ]
    id = await open_one(
        prompt.phone, prompt.our_number, asked, subjects, language=language, until=now, now=now, asked_back=True
    )
    await end(id, "closed", now=now)


async def end(id: int, state: str, *, now: datetime) -> None:
    """`answered`, `closed` or `expired`. One that has ended stays as it is; but who of them cannot come may be said in time
    and heard late.
    """
    late = " OR (state = 'expired' AND kind = 'which')" if state == "answered" else ""
    await fetch(
        f"UPDATE prompt SET state = {{}}, ended_at = {{}} WHERE id = {{}} AND (state = 'open'{late})",  # noqa: S608
        *(state, now, id),
    )


async def lapse(prompt: Open, *, now: datetime) -> None:
    """Nobody answered in time."""
    await _cut_short(prompt, "expired", now=now)


async def _cut_short(prompt: Open, state: str, *, now: datetime) -> None:
    """Whoever said that they cannot come, and chose nothing, still has their time: the desk asks."""
    await end(prompt.id, state, now=now)
    if prompt.kind in _UNDER_WAY:
        await to_desk(prompt.phone, "cannot_come", now=now)


async def standing(phone: str, our_number: str, *, states: Collection[str] = (), most: int = 8) -> list[Open]:
    """The newest questions to a telephone, the newest first. An empty number, of ours or of the question, fits any."""
    wanted = f"AND state IN ({', '.join(['{}'] * len(states))})" if states else ""
    rows = await fetch(
        "SELECT id, our_number, phone, kind, state, language, asked_at, expires_at, asked_back FROM prompt "  # noqa: S608
        f"WHERE phone = {{}} AND (our_number IN ({{}}, '') OR {{}} = '') {wanted} ORDER BY id DESC LIMIT {most:d}",
        *(phone, our_number, our_number, *states),
    )
    subjects = await _subjects([row[0] for row in rows])
    return [
        Open(id, ours, to, Asked(kind), state, language, asked, until, bool(back), tuple(subjects.get(id, ())))
        for id, ours, to, kind, state, language, asked, until, back in rows
    ]


async def _subjects(prompts: Sequence[int]) -> dict[int, list[Subject]]:
    if not prompts:
        return {}
    rows = await fetch(
        "SELECT prompt, booking, visit_no, letter, claim, wish FROM prompt_subject "  # noqa: S608
        f"WHERE prompt IN ({', '.join(['{}'] * len(prompts))}) ORDER BY letter, id",
        *prompts,
    )
    found: dict[int, list[Subject]] = {}
    for prompt, booking, visit_no, letter, claim, wish in rows:
        found.setdefault(prompt, []).append(Subject(booking, visit_no, letter, claim, json.loads(wish)))
    return found


async def expire(*, now: datetime) -> int:
    """Ends the questions whose time is over; returns how many."""
    rows = await fetch(
        "SELECT DISTINCT phone FROM prompt WHERE state = 'open' AND expires_at <= {} ORDER BY phone LIMIT 200", now
    )
    return sum([await _expire(phone, now) for (phone,) in rows])


async def _expire(phone: str, now: datetime) -> int:
    async with tx():
        await one_at_a_time(phone)
        late = [one for one in await standing(phone, "", states=("open",)) if one.expires_at <= now]
        for prompt in late:
            await lapse(prompt, now=now)
    return len(late)
