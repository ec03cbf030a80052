"""Which question may be asked while another is open, and how long each is."""

from datetime import datetime, timedelta

import pytest

from tests.db.booking.acts import stored
from tests.db.conversation.talk import Talk
from turnet.conversation import prompts
from turnet.conversation.meaning import Asked
from turnet.db.transactions import fetch

THURSDAY, FRIDAY = "2026-12-03T09:20+02:00", "2026-12-04T10:00+02:00"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def _open() -> list[tuple[str, str]]:
    rows = await fetch("SELECT kind, state FROM prompt ORDER BY id")
    return [(kind, state) for kind, state in rows]


@pytest.mark.parametrize(
    ("asked", "until"),
    [
        (Asked.CONFIRM, at(FRIDAY)),
        (Asked.CHECKIN, at(FRIDAY) + timedelta(minutes=30)),
        (Asked.SCORE, at("2026-12-04T10:42+02:00")),
    ],
)
async def test_how_long_it_is_open(talk: Talk, asked: Asked, until: datetime) -> None:
    await talk.book("Dana Levi", THURSDAY)
    await talk.book("Omer Levi", FRIDAY)

    await talk.ask(asked, "Dana", "Omer")

    [found] = await prompts.standing(talk.phone, "")
    assert (found.expires_at, found.letters) == (until, ("A", "B"))


@pytest.mark.parametrize("first", [Asked.CONFIRM, Asked.CHECKIN])
@pytest.mark.parametrize("second", [Asked.SCORE, Asked.WHY])
async def test_an_opinion_waits_for_a_visit(talk: Talk, first: Asked, second: Asked) -> None:
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(first, "Dana")

    assert await talk.ask(second, "Dana") == talk.clock.now() + prompts.LOOK_AGAIN
    assert await _open() == [(first, "open")]
    await talk.them("1")
    if first is Asked.CONFIRM:
        assert await talk.ask(second, "Dana") is None


async def test_a_visit_closes_an_opinion(talk: Talk) -> None:
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.SCORE, "Dana")

    assert await talk.ask(Asked.CONFIRM, "Dana") is None
    assert await _open() == [("score", "closed"), ("confirm", "open")]


async def test_a_reminder_waits_while_they_choose_a_time(talk: Talk) -> None:
    await talk.book("Dana Levi", THURSDAY)
    await talk.book("Omer Levi", FRIDAY)
    await talk.ask(Asked.CONFIRM, "Dana")
    await talk.them("2")

    assert await talk.ask(Asked.CONFIRM, "Omer") == talk.clock.now() + timedelta(minutes=30)
    talk.clock.advance(minutes=30)
    assert await talk.ask(Asked.CONFIRM, "Omer") is None
    assert (await _open(), await talk.desk()) == (
        [("confirm", "answered"), ("times", "expired"), ("confirm", "open")], "cannot_come",
    )  # fmt: skip


async def test_the_desk_hears_of_a_choice_that_was_cut_short(talk: Talk) -> None:
    await talk.book("Dana Levi", THURSDAY)
    await talk.book("Omer Levi", FRIDAY)
    await talk.ask(Asked.CONFIRM, "Dana")
    await talk.them("2")

    assert await talk.ask(Asked.CHECKIN, "Omer", within=timedelta(minutes=20)) is None
    assert (await _open(), await talk.desk()) == (
        [("confirm", "answered"), ("times", "closed"), ("checkin", "open")], "cannot_come",
    )  # fmt: skip


async def test_at_most_one_is_open_and_the_database_says_so(talk: Talk) -> None:
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana")
    columns = "our_number, phone, kind, state, language, asked_at, expires_at, asked_back"

    with pytest.raises(Exception, match=r"(?i)unique"):
        await fetch(f"INSERT INTO prompt ({columns}) SELECT {columns} FROM prompt")
    assert await stored("count(*) FROM prompt") == [(1,)]


async def test_what_nobody_answered_ends_by_itself(talk: Talk) -> None:
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana")
    talk.clock.advance(days=2)

    assert await prompts.expire(now=talk.clock.now()) == 1
    assert await prompts.expire(now=talk.clock.now()) == 0
    assert (await _open(), await talk.desk(), await talk.state("Dana")) == ([("confirm", "expired")], "", "booked")
