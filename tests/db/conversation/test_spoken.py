"""What the desk reads of what the server wrote: the very text that left, without links, or nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.db.conversation.script import play
from tests.db.conversation.talk import Talk
from tests.db.reminders.acts import tick
from turnet.conversation import queries
from turnet.db.transactions import fetch, tx
from turnet.messaging.compose import Composer
from turnet.messaging.spoken import texts


async def read(talk: Talk) -> list[str]:
    """What stands in our bubbles, the oldest first."""
    lines = [line for line in (await queries.said(talk.phone)).lines if not line.theirs]
    found = await texts([line.id for line in lines], talk.clinic, Composer(talk.settings, talk.settings.key()))
    return [found.get(line.id, "") for line in lines]


@pytest.mark.parametrize("language", ["en", "fi", "he"])
async def test_the_text_that_left_can_be_read_without_its_link(talk: Talk, language: str) -> None:
    talk.language = language
    await play(talk, "visit Dana Thu 09:20\nasks confirm Dana\n← 2")
    times = await talk.us()
    await play(talk, "← 2")
    choose = await talk.us()

    said = await read(talk)

    token = choose[0].partition("/a/")[2][:22]
    assert said == [*times, choose[0].replace(token, "…")]
    assert ("09:20" in times[0] or "9.20" in times[0], len(token)) == (True, 22)


async def test_times_that_were_offered_stay_readable_when_the_visit_has_moved(talk: Talk) -> None:
    await play(talk, "visit Dana Thu 09:20\nasks confirm Dana\n← 1")
    left = await talk.us()
    await play(talk, "← 2")
    left += await talk.us()
    await play(talk, "← A")
    left += await talk.us()

    assert await read(talk) == left
    assert (
        left[1]
        == "All right. Would A Fri 4 Dec 09:20, B Mon 7 Dec 09:20 or C Tue 8 Dec 09:20 do? Held until 11:12. Your time stays unless you choose one."
    )


async def test_what_would_be_said_otherwise_now_is_not_shown(talk: Talk) -> None:
    """The control is the first look."""
    await play(talk, "visit Dana Thu 09:20\nasks confirm Dana\n← 1")
    left = await talk.us()
    before = await read(talk)
    await play(talk, "moves Dana Fri 10:00\nmoves Dana Fri 11:00")

    assert (before, await read(talk)) == (left, [""])


async def test_it_asks_as_often_however_much_was_written(talk: Talk, statements: list[str]) -> None:
    await play(talk, "visit Dana Thu 09:20\nasks confirm Dana\n← 2\n← A\nasks checkin Dana\n← 1")
    lines = [line.id for line in (await queries.said(talk.phone)).lines if line.id]
    composer = Composer(talk.settings, talk.settings.key())
    counts = []
    for ids in (lines[:1], lines):
        statements.clear()
        await texts(ids, talk.clinic, composer)
        counts.append(len(statements))

    assert (len(lines), counts) == (3, [4, 4])


@pytest.mark.parametrize("answers", [True, False], ids=["asks", "carries a link"])
async def test_a_reminder_is_read_as_it_left_also_when_its_round_was_set_otherwise_since(
    talk: Talk, answers: bool
) -> None:
    talk.settings = replace(talk.settings, demo=True)
    async with tx():
        await fetch("UPDATE message_round SET answers = {}, active = {} WHERE name = 'one_day'", answers, True)
    talk.clock.at = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
    await talk.book("Dana Levi", "2026-12-03T14:00+02:00")
    await tick(talk.clock, "2026-12-02 14:00")
    [left] = await talk.us()
    async with tx():
        await fetch("UPDATE message_round SET answers = {} WHERE name = 'one_day'", not answers)

    assert await read(talk) == [left.partition("/a/")[0] + ("" if answers else "/a/…")]


async def test_what_says_whose_it_is_is_read_so(talk: Talk) -> None:
    """To a telephone of several people."""
    await talk.book("Dana Levi", "2026-12-03T09:20+02:00", email="")
    visit = await talk.book("Omer Levi", "2026-12-03T10:00+02:00", email="")
    async with tx():
        await fetch("UPDATE message SET state = 'queued' WHERE booking = {}", visit.id)
    [left] = await talk.us()

    assert left.startswith("Tuomi Dental, Omer: your time is Thu 3 Dec 10:00, ")
    assert await read(talk) == [left.partition("/a/")[0] + "/a/…"]
