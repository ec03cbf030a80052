"""What was written before a question was asked is no answer to it, and what is heard late says what was so then."""

from datetime import timedelta

import pytest

from tests.db.booking.acts import staff
from tests.db.conversation.script import play
from tests.db.conversation.talk import Talk
from turnet.booking.service import confirm
from turnet.conversation.service import answer
from turnet.db.transactions import fetch


@pytest.mark.parametrize(("again", "became"), [("A", "again"), ("B", "desk")])
async def test_a_letter_that_came_before_the_times_were_offered_takes_none_of_them(
    talk: Talk, again: str, became: str
) -> None:
    """Somebody presses twice: the second `A` would move the visit to a time that nobody has seen."""
    await play(talk, "visit Dana Thu 09:20\nvisit Omer Thu 10:00\nasks confirm Dana Omer\n← 2")
    for text in ("A", again):
        await talk.receive(text)
    talk.clock.advance(seconds=5)
    await answer.work(talk.settings, talk.clock)

    assert await fetch("SELECT text, outcome FROM inbound ORDER BY id") == [
        ("2", "which"),
        ("A", "times"),
        (again, became),
    ]
    assert (await talk.start("Dana"), await talk.start("Omer")) == ("Thu 09:20", "Thu 10:00")


async def test_what_is_pressed_twice_does_not_refuse_what_is_offered(talk: Talk) -> None:
    await play(talk, "visit Dana Thu 09:20\nasks confirm Dana")
    for _ in range(2):
        await talk.receive("2")
    talk.clock.advance(seconds=5)
    await answer.work(talk.settings, talk.clock)
    await play(talk, "← B\ndesk: nothing")

    assert await fetch("SELECT outcome FROM inbound ORDER BY id") == [("times",), ("again",), ("moved",)]


async def test_an_answer_brought_after_the_next_question_confirms_what_it_was_about(talk: Talk) -> None:
    await play(talk, "visit Dana Wed 09:20\nvisit Omer Thu 10:00\nasks confirm Dana")
    wrote = talk.clock.now() + timedelta(seconds=10)
    talk.clock.advance(minutes=10)
    await play(talk, "asks confirm Omer")

    assert await talk.them("1", said_at=wrote) == "confirmed"
    assert (await talk.state("Dana"), await talk.state("Omer")) == ("confirmed", "booked")


@pytest.mark.parametrize("brought_late", [True, False], ids=["by the gateway", "to a worker that was away"])
async def test_who_says_so_from_home_is_not_at_the_door_when_it_is_heard(talk: Talk, brought_late: bool) -> None:
    await play(talk, "visit Dana Tue 13:00\nasks checkin Dana")
    talk.clock.advance(minutes=68)
    wrote = talk.clock.now()
    if not brought_late:
        await talk.receive("1")
    talk.clock.advance(minutes=50)
    if brought_late:
        await talk.receive("1", said_at=wrote)
    await answer.work(talk.settings, talk.clock)

    assert await talk.state("Dana") == "confirmed"


async def test_who_of_them_cannot_come_is_settled_though_it_is_heard_late(talk: Talk) -> None:
    await play(talk, "visit Dana Thu 09:20\nvisit Omer Thu 10:00\nasks confirm Dana Omer\n← 2")
    talk.clock.advance(minutes=119)
    wrote = talk.clock.now()
    talk.clock.advance(minutes=3)
    await answer.work(talk.settings, talk.clock)
    await talk.receive("B", said_at=wrote)

    await play(talk, "← B\nin doubt: nobody")


async def test_saying_so_on_the_page_settles_a_doubt(talk: Talk) -> None:
    await play(talk, "visit Dana Thu 09:20\nasks confirm Dana\n← 1\n← 2\nin doubt: Dana")

    talk.clock.advance(minutes=1)
    await confirm(staff(talk.clock), talk.clinic, talk.visits["Dana"].id)

    await play(talk, "in doubt: nobody")
