"""They come, or they are here: the visits asked about are confirmed or checked in, all or those that they name."""

from collections.abc import Sequence
from datetime import timedelta

from turnet.booking.doubts import doubted
from turnet.booking.model import Visit
from turnet.booking.service import confirm
from turnet.booking.states import State
from turnet.checkin.model import Here, Outcome
from turnet.checkin.service import check_in
from turnet.conversation import prompts
from turnet.conversation.courtesy import content
from turnet.conversation.meaning import Asked, Reading
from turnet.conversation.prompts import Open, Subject
from turnet.conversation.service.case import (
    NOBODY,
    Case,
    Standing,
    hand_over,
    lately,
    reply,
    several_people,
    stand,
    too_late,
    untrue,
)
from turnet.conversation.service.thread import to_desk

AGAIN = timedelta(hours=1)
"""Somebody who says the same again is answered the same, so often."""

AT_THE_DOOR = timedelta(hours=1)
"""After the start, or until the end of a longer visit: whoever says so stands there, whatever else is too late."""


def named(prompt: Open, letters: Sequence[str]) -> tuple[Subject, ...]:
    """Those that an answer is about: all, where it names none."""
    return tuple(subject for subject in prompt.subjects if not letters or subject.letter in letters)


async def _meant(case: Case, prompt: Open, reading: Reading) -> tuple[Standing, frozenset[int]]:
    """The visits that the answer is about, and of which of them they had said since that they cannot come.

    A bare answer to a question about several is about the others; so is being content with what we said to that.
    """
    standing = await stand(case, named(prompt, reading.letters))
    doubts = await doubted([visit.id for visit in (*standing.coming, *standing.begun)])
    changes_mind = prompt.state != "answered" or not content(case.inbound.text, case.language)
    if reading.letters or (len(prompt.visits) == 1 and changes_mind):
        return standing, doubts
    return standing.without(doubts), frozenset()


async def comes(case: Case, prompt: Open, reading: Reading) -> str:
    """Confirms the visits that still are what was asked. One that is confirmed already is answered kindly, now and then."""
    standing, doubts = await _meant(case, prompt, reading)
    if standing == NOBODY:
        return await hand_over(case, "cannot_come")
    fresh = [visit for visit in standing.coming if visit.state is State.BOOKED or visit.id in doubts]
    for visit in fresh:
        await confirm(case.act, case.clinic, visit.id)
    at_the_door = prompt.kind is Asked.CHECKIN
    if prompt.kind is Asked.WHICH or not (reading.letters or at_the_door):
        await prompts.end(prompt.id, "answered", now=case.now)
    if standing.changed and not standing.coming:
        return await untrue(case, standing.changed)
    if not standing.coming:
        return await _nothing_comes(case, standing)
    if standing.changed:
        await to_desk(case.phone, "changed", now=case.now)
    name = "too_early" if at_the_door else "confirmed"
    if fresh or not await lately(case, name, AGAIN):
        await reply(case, name, standing.coming, names=await several_people(prompt.visits))
    return "confirmed" if fresh else "again"


async def is_here(case: Case, prompt: Open, reading: Reading) -> str:
    """Checks in the visits that it is time for; those that are early become confirmed, and may be sent again."""
    standing, doubts = await _meant(case, prompt, reading)
    if standing == NOBODY:
        return await hand_over(case, "cannot_come", "too_late", here=True)
    for visit in standing.coming:
        if visit.id in doubts:
            await confirm(case.act, case.clinic, visit.id)
    ids = [visit.id for visit in (*standing.coming, *standing.begun, *standing.here)]
    found = await check_in(case.act, case.clinic, ids, by="sms", said=case.inbound.said)
    there = [one for one in found if one.outcome in {Outcome.ARRIVED, Outcome.ALREADY}]
    early = [one for one in found if one.outcome is Outcome.EARLY]
    if prompt.kind is Asked.WHICH or not (early or reading.letters):
        await prompts.end(prompt.id, "answered", now=case.now)
    if there and standing.changed:
        await to_desk(case.phone, "changed", now=case.now)
    if there:
        return await _welcome(case, prompt, there)
    if early:
        return await _expected(case, prompt, [one.visit for one in early])
    if standing.changed or any(one.outcome is Outcome.NOT_COMING for one in found):
        return await untrue(case, standing.changed or [one.visit for one in found])
    at_the_door = any(max(one.visit.ends_at, one.visit.starts_at + AT_THE_DOOR) > case.inbound.said for one in found)
    return await too_late(case, [one.visit for one in found], here=at_the_door)


async def _welcome(case: Case, prompt: Open, there: Sequence[Here]) -> str:
    fresh = any(one.outcome is Outcome.ARRIVED for one in there)
    if fresh or not await lately(case, "here", AGAIN):
        some = len(there) < len(prompt.visits) and await several_people(prompt.visits)
        late = max(one.late for one in there)
        await reply(case, "here", [one.visit for one in there], late=late, names=some)
    return "here" if fresh else "again"


async def _expected(case: Case, prompt: Open, visits: Sequence[Visit]) -> str:
    """To a reminder nobody need send anything again: the answer to it says that they come."""
    name = "too_early" if prompt.kind is Asked.CHECKIN else "confirmed"
    if name == "confirmed":
        await prompts.end(prompt.id, "answered", now=case.now)
    if not await lately(case, name, AGAIN):
        await reply(case, name, visits, names=await several_people(prompt.visits))
    return "early"


async def _nothing_comes(case: Case, standing: Standing) -> str:
    if standing.here:
        if not await lately(case, "here", AGAIN):
            await reply(case, "here", standing.here)
        return "again"
    return await too_late(case, standing.begun)
