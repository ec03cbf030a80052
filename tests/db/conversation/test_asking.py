"""From the rounds to the chart: what leaves asks, what comes back is heard."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.db.booking.acts import stored
from tests.db.conversation.talk import Talk
from tests.db.reminders.acts import tick
from turnet.booking.states import State
from turnet.conversation.meaning import Asked
from turnet.conversation.service import answer
from turnet.db.transactions import fetch, tx

MORNING, AFTERNOON = "2026-12-03T09:20+02:00", "2026-12-03T14:00+02:00"
LONG_BEFORE = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)


@pytest.fixture
def talk(talk: Talk) -> Talk:
    """With the demo's pretend phone: nothing else that writes to a file can be answered."""
    talk.settings = replace(talk.settings, demo=True)
    return talk


async def _rounds(*names: str) -> None:
    async with tx():
        for name in names:
            await fetch("UPDATE message_round SET answers = {}, active = {} WHERE name = {}", True, True, name)


async def _at(talk: Talk, text: str) -> list[str]:
    """What left when the job ran at a time in Helsinki."""
    await tick(talk.clock, text)
    await answer.work(talk.settings, talk.clock)
    return await talk.us()


async def test_a_whole_life_by_sms(talk: Talk) -> None:
    await _rounds("one_day", "checkin", "feedback")
    talk.clock.at = LONG_BEFORE
    visit = await talk.book("Dana Levi", AFTERNOON)

    reminder = await _at(talk, "2026-12-02 14:00")
    await talk.them("1")
    confirmed = await talk.us()
    check_in = await _at(talk, "2026-12-03 12:00")
    talk.clock.advance(hours=1, minutes=50)
    await talk.them("1")
    here = await talk.us()
    arrived = await talk.state("Dana")
    async with tx():
        await fetch("UPDATE booking SET state = {} WHERE id = {}", State.DONE.value, visit.id)
    score = await _at(talk, "2026-12-04 12:01")
    await talk.them("10")
    why = await talk.us()
    await talk.them("Everybody was kind")

    assert reminder == ["Tuomi Dental: a reminder, your time is Thu 3 Dec 14:00. Answer 1 = coming, 2 = cannot."]
    assert confirmed == ["Thank you, see you Thu 3 Dec 14:00."]
    assert check_in == ["Tuomi Dental: when you are here, answer 1 and you are checked in. Your time is 14:00."]
    assert (here, arrived) == (["Thank you, you are checked in. Waiting room 2."], "arrived")
    assert score == ["Tuomi Dental: how likely are you to recommend us? Answer 0-10 (10 = very)."]
    assert (why, await talk.us()) == (
        ["Thank you. What did we do well when we met you?"], ["Thank you, we read every word."],
    )  # fmt: skip
    assert await stored("score, comment, answered_by FROM feedback") == [(10, "Everybody was kind", "sms")]
    assert await stored("kind, state FROM prompt ORDER BY id") == [
        ("confirm", "answered"), ("checkin", "answered"), ("score", "answered"), ("why", "answered"),
    ]  # fmt: skip


async def test_a_mother_and_two_children_on_one_telephone(talk: Talk) -> None:
    await _rounds("one_day", "checkin")
    talk.clock.at = LONG_BEFORE
    for name, start in (("Anna", "13:00"), ("Eetu", "13:40"), ("Inka", "14:20")):
        await talk.book(f"{name} Virtanen", f"2026-12-03T{start}+02:00")

    reminder = await _at(talk, "2026-12-02 14:20")
    await talk.them("1")
    confirmed = await talk.us()
    check_in = await _at(talk, "2026-12-03 11:00")
    talk.clock.advance(hours=1, minutes=50)
    await talk.them("1")
    first = await talk.us()
    states = [await talk.state(name) for name in ("Anna", "Eetu", "Inka")]
    talk.clock.advance(minutes=40)
    await talk.them("1")

    assert reminder == ["Tuomi Dental: Thu 3 Dec Anna 13:00, Eetu 13:40, Inka 14:20. Answer 1 = all come, 2 = change."]
    assert confirmed == ["Thank you, see you Thu 3 Dec: Anna 13:00, Eetu 13:40, Inka 14:20."]
    assert check_in == [
        "Tuomi Dental: when you are here, answer 1 and you are checked in: Anna 13:00, Eetu 13:40, Inka 14:20."
    ]
    assert (first, states) == (
        ["Thank you, checked in: Anna. Waiting room 2."], ["arrived", "confirmed", "confirmed"],
    )  # fmt: skip
    assert [await talk.state(name) for name in ("Anna", "Eetu", "Inka")] == ["arrived", "arrived", "confirmed"]


async def test_a_check_in_that_the_reminder_holds_too(talk: Talk) -> None:
    """Its own SMS would come at night: the answer to the reminder confirms, and the same at the door checks in."""
    await _rounds("one_day", "checkin")
    talk.clock.at = LONG_BEFORE
    await talk.book("Dana Levi", MORNING)

    [reminder] = await _at(talk, "2026-12-02 09:20")
    await talk.them("1")
    coming = (await talk.us(), await talk.state("Dana"))
    await _at(talk, "2026-12-03 09:10")
    await talk.them("1")

    assert reminder.endswith("Answer 1 = coming, 2 = cannot. When you are here, answer 1.")
    assert coming == (["Good, you are coming. Send 1 again at the door."], "confirmed")
    assert (await talk.us(), await talk.state("Dana")) == (
        ["Thank you, you are checked in. Waiting room 2."], "arrived",
    )  # fmt: skip


async def test_the_question_is_open_before_its_sms_can_be_answered(talk: Talk) -> None:
    await _rounds("one_day")
    talk.clock.at = LONG_BEFORE
    await talk.book("Dana Levi", MORNING)

    await _at(talk, "2026-12-02 09:20")

    [(prompt, message)] = await stored(
        "p.message, m.id FROM prompt p, message m WHERE m.kind = 'reminder' AND m.channel = 'sms'"
    )
    assert prompt == message


async def test_a_question_of_how_it_went_waits_for_one_about_a_visit(talk: Talk) -> None:
    """And does not leave at all when it would come too late."""
    await _rounds("feedback")
    async with tx():
        await fetch("UPDATE message_round SET active = {} WHERE name <> 'feedback'", False)
    talk.clock.at = LONG_BEFORE
    was = await talk.book("Dana Levi", "2026-12-01T09:20+02:00")
    await talk.book("Omer Levi", MORNING)
    talk.clock.at = datetime(2026, 12, 2, 8, 0, tzinfo=UTC)
    async with tx():
        await fetch("UPDATE booking SET state = {} WHERE id = {}", State.DONE.value, was.id)
    await talk.ask(Asked.CONFIRM, "Omer")

    waits = await _at(talk, "2026-12-02 12:01")
    state = await stored("state, attempts, error FROM message WHERE kind = 'feedback'")
    asked = await stored("count(*) FROM feedback")
    await talk.them("1")
    await talk.us()
    talk.clock.advance(minutes=31)

    assert (waits, state) == ([], [("queued", 0, "another question to this telephone was open")])
    assert await talk.us() == ["Tuomi Dental: how likely are you to recommend us? Answer 0-10 (10 = very)."]
    assert (asked, await stored("count(*) FROM feedback")) == ([(0,)], [(1,)])
