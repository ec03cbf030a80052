"""How received SMS are worked on: in order, once, and nothing for whoever is no person."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.db.booking.acts import KEY, a_wish, an_act, staff, stored
from tests.db.conversation.script import play
from tests.db.conversation.talk import OTHER_PHONE, OURS, PHONE, Talk
from turnet.booking import service
from turnet.booking.states import State
from turnet.conversation import prompts, queries
from turnet.conversation.meaning import Asked
from turnet.conversation.service import answer, case, desk
from turnet.db.transactions import fetch, tx
from turnet.feedback import service as feedback
from turnet.messaging import refusals

THURSDAY = "2026-12-03T09:20+02:00"
OFFERS = "count(*) FROM claim WHERE kind = 'offer'"
REPLIES = "count(*) FROM message WHERE kind LIKE 'answer_%'"


@pytest.fixture(params=[True, False], ids=["protected", "control"])
def protected(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


async def test_two_workers_and_one_sms(talk: Talk, monkeypatch: pytest.MonkeyPatch, protected: bool) -> None:
    """The control has both look before either writes: the same "2" is heard twice, and the second time means none of them."""
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana")
    id = await talk.receive("2")
    if not protected:
        _strip(monkeypatch, id)

    await asyncio.gather(*(answer.work(talk.settings, talk.clock) for _ in range(2)))

    assert (await stored(OFFERS) == [(3,)]) == protected


def _strip(monkeypatch: pytest.MonkeyPatch, id: int) -> None:
    original, looks = answer.fetch, iter(range(2))

    async def as_before(sql: str, *args: Any) -> Any:
        if sql is answer._NEXT:
            found = await original(sql.replace("state = 'new' AND ", ""), *args)
            return found if next(looks, None) is not None else []
        return await original(sql, *args)

    async def whoever(*_: Any, **__: Any) -> None:
        await original("UPDATE inbound SET state = 'done' WHERE id = {}", id)

    async def nobody_waits(_phone: str) -> None:
        return None

    async def both_see_it(_stuck: set[str]) -> list[str]:
        return [PHONE] if next(rounds, None) is not None else []

    rounds = iter(range(2))
    monkeypatch.setattr(answer, "fetch", as_before)
    monkeypatch.setattr(answer, "_done", whoever)
    monkeypatch.setattr(answer, "_waiting", both_see_it)
    monkeypatch.setattr(prompts, "one_at_a_time", nobody_waits)


async def test_in_the_order_they_were_written_however_they_come(talk: Talk) -> None:
    """They first said that they come, and then that they cannot."""
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana")
    now = talk.clock.now()
    second = await talk.receive("2", said_at=now.replace(second=30))
    first = await talk.receive("1", said_at=now)

    await answer.work(talk.settings, talk.clock)

    outcomes = dict(await fetch("SELECT id, outcome FROM inbound"))
    assert (outcomes[first], outcomes[second]) == ("confirmed", "times")
    assert (await talk.state("Dana"), await stored(OFFERS)) == ("confirmed", [(3,)])


async def test_one_telephones_trouble_holds_up_no_other(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana")
    original = answer.understood

    async def breaks(case: Any, asked: Any) -> Any:
        if case.phone == OTHER_PHONE:
            raise RuntimeError("broken")
        return await original(case, asked)

    monkeypatch.setattr(answer, "understood", breaks)
    broken = await talk.receive("1", sender=OTHER_PHONE)

    outcome = await talk.them("1")
    for _ in range(4):
        await answer.work(talk.settings, talk.clock)

    assert outcome == "confirmed"
    assert await stored(f"state, attempts, error FROM inbound WHERE id = {broken}") == [
        ("failed", 5, "RuntimeError: broken")
    ]
    assert await stored(f"state, why FROM conversation WHERE phone = '{OTHER_PHONE}'") == [("open", "failed")]


@pytest.mark.parametrize("sender", ["MyBank", "16400", "+12", ""])
async def test_nobody_answers_a_machine(talk: Talk, sender: str) -> None:
    assert await talk.them("1", sender=sender) == "machine"
    assert await talk.them("stop", sender=sender) == "opted_out"
    assert await stored(REPLIES) == [(0,)]


async def test_whoever_is_not_known_hears_the_same(talk: Talk) -> None:
    await talk.book("Dana Levi", THURSDAY)
    known = await talk.them("Hello there")
    said_to_known = await talk.us()
    unknown = await talk.them("Hello there", sender=OTHER_PHONE)

    assert (known, said_to_known) == (unknown, await talk.us())


async def test_a_visit_that_is_reached_another_way_now_is_not_theirs(talk: Talk) -> None:
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana")
    async with tx():
        await fetch("UPDATE booking SET phone = {}", OTHER_PHONE)

    assert await talk.them("1") == "changed"

    assert (await talk.state("Dana"), await talk.desk()) == ("booked", "changed")
    assert await talk.us() == ["The desk reads this and gets back to you. Or call 0300 00116."]


@pytest.mark.parametrize("text", ["what is this", "1", "2"])
async def test_a_telephone_that_a_stranger_has_answers_for_nobody(talk: Talk, text: str) -> None:
    """The control is the same once the desk says that the number is right."""
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana")
    async with tx():
        await refusals.suspend(talk.phone, "wrong_number", now=talk.clock.now())

    assert await talk.them(text) == "desk"
    assert (await talk.us(), await talk.desk(), await talk.state("Dana")) == ([], "unclear", "booked")
    assert (await stored(REPLIES), await stored(OFFERS)) == ([(0,)], [(0,)])

    async with tx():
        await refusals.lift(talk.phone, talk.clock.now())
    assert await talk.them(text) == {"1": "confirmed", "2": "times"}.get(text, "desk")


@pytest.mark.parametrize(("length", "outcome"), [(answer.LONGEST, "confirmed"), (answer.LONGEST + 1, "desk")])
async def test_what_is_longer_than_any_answer_is_read_by_a_person(talk: Talk, length: int, outcome: str) -> None:
    """Reading 39,000 characters takes seconds of everybody's time; a telephone can send them."""
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana")

    assert await talk.them("1".ljust(length)) == outcome
    assert len(await talk.us()) == 1


@pytest.mark.parametrize(("most", "outcome", "state"), [(1, "desk", "booked"), (2, "confirmed", "confirmed")])
async def test_nothing_is_done_of_which_nobody_would_be_told(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, most: int, outcome: str, state: str
) -> None:
    monkeypatch.setattr(case, "MOST_A_DAY", most)
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana")
    await talk.them("hello")

    assert (await talk.them("1"), await talk.state("Dana")) == (outcome, state)


@pytest.mark.parametrize("in_a_row", [answer.IN_A_ROW, 1000], ids=["protected", "control"])
async def test_whoever_writes_without_end_holds_up_nobody(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, in_a_row: int
) -> None:
    monkeypatch.setattr(answer, "IN_A_ROW", in_a_row)
    for _ in range(30):
        await talk.receive("hello")
    await talk.receive("hello", sender=OTHER_PHONE)
    looks = iter([False] * 15)

    await answer.work(talk.settings, talk.clock, lambda: next(looks, True))

    done = await stored(f"state FROM inbound WHERE sender = '{OTHER_PHONE}'") == [("done",)]
    assert done == (in_a_row < 1000)


@pytest.mark.parametrize("phone", [PHONE, OTHER_PHONE], ids=["control", "another's"])
async def test_a_visit_that_is_reached_another_way_now_is_not_theirs_to_score(talk: Talk, phone: str) -> None:
    visit = await talk.book("Dana Levi", THURSDAY)
    await feedback.asked(visit, contact=talk.phone, channel="sms", key=KEY, now=talk.clock.now())
    await talk.ask(Asked.SCORE, "Dana")
    async with tx():
        await fetch("UPDATE booking SET phone = {}", phone)

    outcomes = [await talk.them(text) for text in ("9", "very kind")]

    theirs = phone == PHONE
    assert outcomes == (["scored", "commented"] if theirs else ["desk", "desk"])
    assert await stored("score, comment FROM feedback") == [(9, "very kind") if theirs else (None, "")]


async def test_an_answer_too_old_to_be_of_use_does_not_leave(talk: Talk) -> None:
    await talk.them("hello")
    talk.clock.advance(minutes=31)

    assert await talk.us() == []
    assert await stored("state FROM message WHERE kind = 'answer_read_later'") == [("failed",)]


async def test_whoever_has_mail_is_sent_the_new_time_there_too(talk: Talk) -> None:
    await talk.book("Dana Levi", THURSDAY, email="dana@mail.example", email_raw="dana@mail.example")
    await talk.ask(Asked.CONFIRM, "Dana")

    await talk.them("2")
    await talk.them("A")

    assert await stored("kind, channel FROM message WHERE kind IN ('booking_moved', 'answer_moved') ORDER BY kind") == [
        ("answer_moved", "sms"), ("booking_moved", "email"),
    ]  # fmt: skip


async def test_the_answer_says_which_sms_it_is_to(talk: Talk) -> None:
    id = await talk.receive("hello")
    await answer.work(talk.settings, talk.clock)

    assert await stored("inbound, dedupe FROM message") == [(id, f"answer:{id}")]


async def test_an_answer_counts_as_of_when_it_came(talk: Talk) -> None:
    """The server was down for an hour: the choice among three times was made in time, but nothing is held any more."""
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana")
    await talk.them("2")
    await talk.us()
    id = await talk.receive("A")
    talk.clock.advance(hours=1)

    await answer.work(talk.settings, talk.clock)

    [text] = await talk.us()
    assert text.startswith("That time is no longer held. Would A ")
    assert (await stored(f"outcome FROM inbound WHERE id = {id}"), await talk.start("Dana")) == (
        [("times",)], "Thu 09:20",
    )  # fmt: skip


async def test_two_of_our_numbers_are_two_talks(talk: Talk) -> None:
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana", our_number=OURS)

    assert await talk.them("1", our_number="+358459999999") == "desk"
    assert await talk.them("1", our_number=OURS) == "confirmed"


async def test_a_visit_that_the_patient_moved_on_the_web_is_not_confirmed(talk: Talk) -> None:
    visit = await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana")
    wish = (await service.offer_times(an_act(talk.clock), talk.clinic, visit))[0].wish
    await service.drop_offers([one for (one,) in await stored("id FROM claim WHERE kind = 'offer'")])
    await service.move(an_act(talk.clock), talk.clinic, visit.id, wish)

    assert await talk.them("1") == "changed"

    [text] = await talk.us()
    assert text.startswith("Your time is now Fri 4 Dec 09:20. Move or cancel: https://times.tuomi.example/a/")
    assert await talk.state("Dana") == "booked"


async def test_moved_by_sms_and_back_at_the_desk_is_told(talk: Talk) -> None:
    """What they know is the time they chose, although the last message of the visit says the first one."""
    visit = await talk.book("Dana Levi", THURSDAY)
    async with tx():
        await fetch("UPDATE message SET state = 'sent' WHERE kind = 'booking_confirmed'")
    await talk.ask(Asked.CONFIRM, "Dana")
    await talk.them("2")
    await talk.them("A")
    await talk.us()

    back = a_wish(talk.clinic, THURSDAY, by="sanna")
    await service.move(staff(talk.clock), talk.clinic, visit.id, back)
    talk.clock.advance(minutes=3)

    [text] = await talk.us()
    assert text.startswith("Tuomi Dental: your new time is Thu 3 Dec 09:20, ")


async def test_a_gateway_that_hands_over_the_same_sms_under_another_id(talk: Talk) -> None:
    """Heard twice, a "2" would mean none of the times. The control is somebody who really writes it twice."""
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana")
    now = talk.clock.now()

    outcomes = [await talk.them("2", said_at=now) for _ in range(3)]
    outcomes.append(await talk.them("2", said_at=now.replace(second=1)))

    assert outcomes == ["times", "repeated", "repeated", "choose"]


@pytest.mark.parametrize(
    ("wrote", "came", "outcome", "state"),
    [
        (25, 25, "here", "arrived"),
        (25, 50, "here", "arrived"),
        (29, 149, "here", "arrived"),
        (None, 50, "late", "booked"),
        (31, 50, "late", "booked"),
        (25, 146, "late", "booked"),
        (55, 50, "late", "booked"),
    ],
    ids=["at once", "under way", "for two hours", "control", "too late", "too long", "to come"],
)
async def test_here_counts_when_it_was_written(
    talk: Talk, wrote: int | None, came: int, outcome: str, state: str
) -> None:
    """Minutes after the start of the visit. The control has a gateway that does not say when it was written."""
    visit = await talk.book("Dana Levi", "2026-12-01T14:00+02:00")
    await talk.ask(Asked.CHECKIN, "Dana")
    talk.clock.at = visit.starts_at + timedelta(minutes=came)
    await answer.work(talk.settings, talk.clock)  # the question has ended
    said = None if wrote is None else visit.starts_at + timedelta(minutes=wrote)

    assert (await talk.them("1", said_at=said), await talk.state("Dana")) == (outcome, state)


@pytest.mark.parametrize("wrote", [-31, -30])
async def test_written_too_early_and_heard_in_time_is_here(talk: Talk, wrote: int) -> None:
    """A gateway whose clock is slow would let nobody check in otherwise."""
    visit = await talk.book("Dana Levi", "2026-12-01T14:00+02:00")
    await talk.ask(Asked.CHECKIN, "Dana")
    talk.clock.at = visit.starts_at - timedelta(minutes=10)

    assert await talk.them("1", said_at=visit.starts_at + timedelta(minutes=wrote)) == "here"


async def test_what_was_written_in_time_counts_only_while_the_visit_stands(talk: Talk) -> None:
    visit = await talk.book("Dana Levi", "2026-12-01T14:00+02:00")
    await talk.ask(Asked.CHECKIN, "Dana")
    talk.clock.at = visit.starts_at + timedelta(minutes=50)
    await service.mark(staff(talk.clock), talk.clinic, visit.id, State.NO_SHOW)

    assert await talk.them("1", said_at=visit.starts_at) == "changed"
    assert (await talk.state("Dana"), await talk.desk()) == ("no_show", "changed")


@pytest.mark.parametrize("stops", [True, False], ids=["stops", "control"])
async def test_a_process_that_stops_ends_between_two_sms(talk: Talk, stops: bool) -> None:
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana")
    for text in ("hello", "2", "A"):
        await talk.receive(text)
    await talk.receive("hello", sender=OTHER_PHONE)
    looks = iter([False, False, True])

    done = await answer.work(talk.settings, talk.clock, lambda: stops and next(looks, True))
    left = await stored("count(*) FROM inbound WHERE state = 'new' AND attempts = 0")
    await answer.work(talk.settings, talk.clock)

    assert (done, left) == ((1, [(3,)]) if stops else (4, [(0,)]))
    assert await stored("outcome FROM inbound ORDER BY id") == [("desk",), ("times",), ("moved",), ("desk",)]


@pytest.mark.parametrize(
    ("script", "waits"),
    [
        ("asks confirm Dana\n← Is there a lift?\n← 1", ["Is there a lift?"]),
        ("asks confirm Dana\n← 2\nclock 31m\n← Thank you", ["2"]),
        ("asks confirm Dana\n← 2\n← none\n← Thank you", ["none"]),
        ("asks score Dana\n← 3\n← Nobody said how long\n← Thanks", ["Nobody said how long"]),
        ("asks confirm Dana\n← Is there a lift?\n← And a toilet?\n← 1", ["Is there a lift?", "And a toilet?"]),
        ("visit Omer Thu 10:00\nasks confirm Dana Omer\nmoves Omer Fri 10:00\n← 1\nclock 5m\n← Thank you", ["1"]),
        ("asks confirm Dana\n← 1\n← Thank you", []),
    ],
    ids=["a question", "no time was chosen", "none suits", "a low score", "two", "one was moved", "nothing waits"],
)
async def test_what_waits_is_not_buried_by_what_was_understood_later(talk: Talk, script: str, waits: list[str]) -> None:
    await play(talk, f"visit Dana Thu 09:20\n{script}")

    [listed] = await queries.recent()
    said = (await queries.said(talk.phone)).lines

    theirs = [line.text for line in said if line.theirs]
    assert [line.text for line in said if line.waits] == waits
    assert listed.text == (waits or theirs)[-1]


async def test_what_was_dealt_with_waits_no_more_when_they_write_again(talk: Talk) -> None:
    await talk.them("Is there a lift?")
    talk.clock.advance(minutes=1)
    await desk.done(staff(talk.clock), (await queries.thread_of(talk.phone)).public_id)
    talk.clock.advance(minutes=1)
    await talk.them("And a toilet?")

    assert [(line.text, line.waits) for line in (await queries.said(talk.phone)).lines if line.theirs] == [
        ("Is there a lift?", False), ("And a toilet?", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("script", "about"),
    [
        ("asks confirm Dana Omer\n← 2\n← B", "Omer"),
        ("asks confirm Dana Omer\n← hm", ""),
        ("asks confirm Omer\n← hm", "Omer"),
        ("← hm", ""),
        ("cancels Omer\n← hm", "Dana"),
    ],
    ids=["the one who cannot", "either", "the one asked about", "nobody was asked about", "the only one"],
)
async def test_the_visit_that_they_write_about_is_the_one_they_were_asked_about(
    talk: Talk, script: str, about: str
) -> None:
    await play(talk, f"visit Dana Thu 09:20\nvisit Omer Thu 10:00\n{script}")

    found = (await queries.around(talk.phone, now=talk.clock.now())).about

    assert (found.id if found else None) == (talk.visits[about].id if about else None)
