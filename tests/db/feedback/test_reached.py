"""A question that never arrived asked nobody: by the real round, the outbox and the gateway's word, on both engines."""

from dataclasses import replace

import pytest

from tests.db.conversation.talk import OTHER_PHONE, PHONE, Talk
from tests.db.reminders.acts import tick
from turnet.booking.model import Visit
from turnet.booking.queries import visit_by_id
from turnet.conversation.service import answer
from turnet.db.transactions import fetch, tx
from turnet.feedback.model import ASKED_LATELY
from turnet.feedback.queries import tally_between
from turnet.feedback.service import asked, reasons
from turnet.messaging import reports
from turnet.messaging.channels import Report
from turnet.settings import Settings

ONE, OTHER = "2026-12-03T14:00+02:00", "2026-12-10T14:00+02:00"


async def came(talk: Talk, start: str) -> Visit:
    visit = await talk.book("Dana Levi", start)
    async with tx():
        await fetch("UPDATE message_round SET answers = {}, active = {} WHERE name = 'feedback'", True, True)
        await fetch("UPDATE booking SET state = 'done' WHERE id = {}", visit.id)
    return await visit_by_id(visit.id)


async def asked_about(talk: Talk) -> tuple[Visit, str]:
    """A visit and the id of the message that asked about it."""
    talk.settings = replace(talk.settings, demo=True)  # nothing else that writes to a file can be answered
    visit = await came(talk, ONE)
    await tick(talk.clock, "2026-12-04 12:01")
    await answer.work(talk.settings, talk.clock)
    await talk.us()
    [(message, state)] = await fetch("SELECT id, state FROM message WHERE kind = 'feedback'")
    assert state == "sent"
    return visit, str(message)


async def said_of(talk: Talk, message: str, state: str) -> None:
    await reports.apply([Report(message, state)], now=talk.clock.now(), real=talk.clock.real())


async def stands(talk: Talk, contact: str = PHONE) -> tuple[int, str]:
    """How many count as asked, and why a visit a week later is not asked about."""
    visit = await came(talk, OTHER)
    now = talk.clock.now()
    tally = await tally_between(now.replace(day=1), now.replace(day=28))
    return tally.asked, (await reasons([visit], contact=contact, channel="sms", now=now))[visit.id]


@pytest.mark.parametrize(
    ("state", "then"),
    [("failed", (0, "")), ("delivered", (1, ASKED_LATELY)), ("sent", (1, ASKED_LATELY))],
)
async def test_it_neither_counts_nor_forbids_the_next(talk: Talk, state: str, then: tuple[int, str]) -> None:
    _visit, message = await asked_about(talk)

    await said_of(talk, message, state)

    assert await stands(talk) == then


async def test_whoever_answered_it_all_the_same_was_asked(talk: Talk) -> None:
    """A gateway's word is no proof that nothing arrived."""
    _visit, message = await asked_about(talk)
    await said_of(talk, message, "failed")

    await talk.them("9")

    assert await stands(talk) == (1, ASKED_LATELY)


async def test_what_went_another_way_counts_once_and_for_that_contact(talk: Talk, settings: Settings) -> None:
    visit, message = await asked_about(talk)
    await said_of(talk, message, "failed")

    await asked(visit, contact="dana@mail.example", channel="email", key=settings.key(), now=talk.clock.now())

    assert await fetch("SELECT contact, channel FROM feedback") == [("dana@mail.example", "email")]
    assert (await stands(talk, OTHER_PHONE))[0] == 1
