"""What the desk sends to patients by itself: the question to choose a new time, words of its own, a call to come in."""

import uuid
from collections.abc import Collection

from turnet.booking import messages
from turnet.booking.model import Act, Visit
from turnet.booking.queries import asked_at, visit_to_change, visits_by_id
from turnet.booking.service.attempt import attempt
from turnet.booking.service.change import check_version
from turnet.booking.service.facts import state_of
from turnet.booking.service.reach import staff_only
from turnet.booking.service.rows import bump_diary, record
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.errors import Invalid, NotAllowed, NotFound
from turnet.patients.model import clean_note

LONGEST_SMS = 480
"""Characters: seven parts of Hebrew at most."""


async def ask_for_new_time(act: Act, clinic: Clinic, visit_ids: Collection[int]) -> int:  # noqa: ARG001  (as all acts)
    """Sends a choose-a-new-time link for each coming visit, once for each time it has; returns how many it sent.

    Visits that nobody can be reached about, or that are not coming any more, are passed over. Raises NotFound, NotYours,
    and then nothing is sent.
    """

    async def work() -> int:
        visits = await visits_by_id(visit_ids)
        if len(visits) < len(set(visit_ids)):
            raise NotFound(what="visit")
        for visit in visits:
            staff_only(act, "message.send", visit)
        before = await asked_at(visits)
        todo = [visit for visit in visits if _to_ask(act, visit) and visit.id not in before]
        if todo:
            await messages.choose_new_time(todo, act)
            await record(act, "asked", [(visit.id, state_of(visit), _asked(visit)) for visit in todo])
            await bump_diary()
        return len(todo)

    return await attempt(work)


def _to_ask(act: Act, visit: Visit) -> bool:
    return visit.coming and visit.starts_at > act.now and bool(messages.contacts(visit))


def _asked(visit: Visit) -> dict[str, str]:
    return state_of(visit) | {"channel": messages.contacts(visit)[0][0]}


async def write_to(
    act: Act, clinic: Clinic, visit_id: int, channel: str, text: str, *, once: str = ""  # noqa: ARG001  (as all acts)
) -> None:  # fmt: skip
    """Sends what staff wrote to the visit's contact by `email` or `sms`; with the same `once` it goes once.

    Raises NotFound, NotYours, Invalid (`text`, `channel`).
    """
    clean = clean_note(text, field="text")
    if not clean:
        raise Invalid({"text": "required"})
    if channel == "sms" and len(clean) > LONGEST_SMS:
        raise Invalid({"text": "too_long"})

    async def work() -> None:
        found = await visits_by_id([visit_id])
        if not found:
            raise NotFound(what="visit")
        [visit] = found
        staff_only(act, "message.send", visit)
        if channel not in dict(messages.contacts(visit)):
            raise Invalid({"channel": "no_contact"})
        if not await messages.wrote(visit, act, channel, clean, once or str(uuid.uuid4())):
            return
        await record(act, "wrote", [(visit.id, state_of(visit), state_of(visit) | {"channel": channel})])
        await bump_diary()

    await attempt(work)


async def call_in(act: Act, clinic: Clinic, visit_id: int, *, version: int | None = None) -> bool:  # noqa: ARG001
    """Asks whoever waits to come in, by SMS or, without a number, by mail; again after five minutes. Does it leave?

    The visit stays as it is. Raises NotFound, NotYours, Stale, NotAllowed for one that has not arrived, Invalid
    (`channel`).
    """

    async def work() -> bool:
        visit = await visit_to_change(visit_id)
        staff_only(act, "message.send", visit)
        check_version(visit, version)
        if visit.state is not State.ARRIVED:
            raise NotAllowed(state=visit.state)
        if not messages.contacts(visit):
            raise Invalid({"channel": "no_contact"})
        channel = await messages.called_in(visit, act)
        if channel:
            await record(act, "called_in", [(visit.id, state_of(visit), state_of(visit) | {"channel": channel})])
            await bump_diary()
        return bool(channel)

    return await attempt(work)
