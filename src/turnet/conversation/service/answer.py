"""Works on received SMS: one telephone at a time and in order, each in one transaction with whatever it makes happen.

A process that dies leaves an SMS as if nobody had looked at it; two that look at one do it once. The first that fits:
too long to be an answer · who wants no more messages · who is no person, or says what we said · a stranger with a
patient's number, or who writes too often · an answer to what was asked · a person has to read it.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from turnet.booking.model import Act
from turnet.booking.service.attempt import attempt, settled
from turnet.clinic.model import Clinic
from turnet.clinic.queries import clinic as current_clinic
from turnet.clock import Clock
from turnet.conversation import prompts
from turnet.conversation.machines import automatic, is_person
from turnet.conversation.service.case import Case, Received, answered_enough, for_a_person, hand_over
from turnet.conversation.service.leaving import about_messages
from turnet.conversation.service.thread import said, to_desk
from turnet.conversation.service.understand import understood
from turnet.db.transactions import fetch, tx
from turnet.errors import Stale, Unavailable
from turnet.messaging.refusals import suspended
from turnet.messaging.sms_text import gist
from turnet.settings import Settings

log = logging.getLogger("turnet.conversation")

ROUND = 50
"""Telephones looked up at a time."""
IN_A_ROW = 10
"""SMS of one telephone, before it is the others' turn."""
TRIES = 5
LONGEST = 1600
"""Characters, ten parts: whoever writes more answers no question, and reading it would hold up everybody."""
OFTEN, WITHIN = 5, timedelta(minutes=10)
"""Whoever writes more than this is answered by a person, or not at all."""
ECHO = timedelta(hours=1)
"""What we said to a telephone within it, and comes back, is no answer."""


async def work(settings: Settings, clock: Clock, stopping: Callable[[], bool] = lambda: False) -> int:
    """Works on every received SMS that waits, then ends questions whose time is over. Returns how many SMS were done.

    Once the process is `stopping` the one under way is finished; the others wait as if nobody had looked at them.
    """
    done, stuck = 0, set[str]()
    key = settings.key()
    while not stopping() and (clinic := await current_clinic()) and (waiting := await _waiting(stuck)):
        for sender in waiting:
            try:
                for _ in range(IN_A_ROW):
                    if stopping() or not await _next(clinic, clock, key, sender):
                        break
                    done += 1
            except Unavailable:
                raise
            except Exception as error:  # one telephone's trouble holds up no other
                log.exception("a received SMS could not be worked on")
                await _failed(sender, f"{type(error).__name__}: {error}", clock)
                stuck.add(sender)
    await prompts.expire(now=clock.now())
    return done


async def _waiting(stuck: set[str]) -> list[str]:
    """Telephones with something new, whose SMS came first."""
    rows = await fetch(
        "SELECT sender FROM inbound WHERE state = 'new' GROUP BY sender ORDER BY min(id) LIMIT {}", ROUND + len(stuck)
    )
    return [sender for (sender,) in rows if sender not in stuck]


_NEXT = (
    "SELECT id, sender, our_number, text, received_at, at, said_at FROM inbound WHERE state = 'new' AND sender = {} "
    "ORDER BY COALESCE(said_at, received_at), id LIMIT 1"
)


async def _next(clinic: Clinic, clock: Clock, key: bytes, sender: str) -> bool:
    """Does the telephone's next SMS. False: none is left."""

    async def one(clinic: Clinic) -> bool:
        await prompts.one_at_a_time(sender)
        rows = await fetch(_NEXT, sender)
        if not rows:
            return False
        act = Act(now=clock.now(), real=clock.real(), key=key, actor="patient:sms", door="sms", limited=False)
        inbound = Received(*rows[0])
        open_now = await prompts.standing(sender, inbound.our_number)
        case = Case(act, clinic, inbound, await _language(clinic, inbound, open_now))
        await _done(inbound, *await _met(case, open_now), now=act.now)
        return True

    return await settled(clinic, lambda current: attempt(lambda: one(current), must=True))


async def _done(inbound: Received, outcome: str, prompt: int | None, *, now: datetime) -> None:
    """Raises Stale, and nothing has happened, when somebody else has done it."""
    rows = await fetch(
        "UPDATE inbound SET state = 'done', outcome = {}, prompt = {}, done_at = {}, error = NULL "
        "WHERE id = {} AND state = 'new' RETURNING id",
        *(outcome, prompt, now, inbound.id),
    )
    if not rows:
        raise Stale


async def _language(clinic: Clinic, inbound: Received, asked: list[prompts.Open]) -> str:
    """What they were asked in; else what they were last written in, which tells nobody anything new."""
    if asked:
        return asked[0].language
    rows = await fetch(
        "SELECT language FROM message WHERE recipient = {} AND channel = 'sms' ORDER BY created_at DESC LIMIT 1",
        inbound.sender,
    )
    return rows[0][0] if rows else clinic.default_language


async def _met(case: Case, asked: list[prompts.Open]) -> tuple[str, int | None]:
    """What was made of it, and the question it answers."""
    if await _told_before(case):
        return "repeated", None
    await said(case.phone, now=case.now)
    if len(case.inbound.text) > LONGEST:
        return await for_a_person(case), None
    if outcome := await about_messages(case, asked):
        return outcome, None
    if not is_person(case.phone) or automatic(case.inbound.text) or await _echo(case):
        return "machine", None
    if why := await _left_alone(case):
        return await hand_over(case, why, ""), None
    return await understood(case, asked)


async def _left_alone(case: Case) -> str:
    """Why nothing is done, whatever it says, and nothing answered; empty: it may be an answer."""
    if await suspended(case.phone):
        return "unclear"
    return "often" if await _often(case) or await answered_enough(case) else ""


async def _told_before(case: Case) -> bool:
    """Did the gateway hand us this SMS already, under another id? Two that somebody wrote differ by a second or more."""
    rows = await fetch(
        "SELECT 1 FROM inbound i JOIN inbound o ON o.sender = i.sender AND o.text = i.text AND o.said_at = i.said_at "
        "AND o.provider = i.provider AND o.id <> i.id AND o.state = 'done' WHERE i.id = {} LIMIT 1",
        case.inbound.id,
    )
    return bool(rows)


async def _echo(case: Case) -> bool:
    """Is it what we said ourselves?"""
    rows = await fetch(
        "SELECT 1 FROM message WHERE recipient = {} AND channel = 'sms' AND gist = {} AND finished_at > {} LIMIT 1",
        *(case.phone, gist(case.inbound.text), case.now - ECHO),
    )
    return bool(rows)


async def _often(case: Case) -> bool:
    [(count,)] = await fetch(
        "SELECT count(*) FROM inbound WHERE sender = {} AND received_at > {} AND received_at <= {}",
        *(case.phone, case.inbound.received_at - WITHIN, case.inbound.received_at),
    )
    return int(count) > OFTEN


async def _failed(sender: str, error: str, clock: Clock) -> None:
    """Counts a try; after some the desk reads it instead."""
    async with tx():
        rows: list[tuple[Any, ...]] = await fetch(_NEXT, sender)
        for id, *_rest in rows:
            [(state,)] = await fetch(
                "UPDATE inbound SET attempts = attempts + 1, error = {}, "
                "state = CASE WHEN attempts + 1 >= {} THEN 'failed' ELSE state END WHERE id = {} RETURNING state",
                *(error[:500], TRIES, id),
            )
            if state == "failed":
                await to_desk(sender, "failed", now=clock.now())
