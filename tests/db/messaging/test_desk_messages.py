"""What leaves of the messages that only the desk sends, and when nothing does."""

import json
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.db.booking.acts import ANNA, THURSDAY_1300, a_wish, an_act, staff
from tests.factories import a_clinic, at
from turnet.booking import service
from turnet.booking.model import Booked, Visit
from turnet.booking.queries import visit_by_id
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.errors import NotAllowed, NotYours
from turnet.messaging.deliver import deliverer, drain
from turnet.scheduling.spans import Span
from turnet.settings import Settings

FORTNIGHTS = [f"{day}T09:20+02:00" for day in ("2026-12-03", "2026-12-17", "2026-12-31")]


def mails(mailbox: Path) -> list[EmailMessage]:
    """To Anna, in the order they left."""
    files = sorted(mailbox.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    read: Any = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    return [mail for mail in read if mail["To"] == ANNA.email]


def texts(public: Settings) -> list[str]:
    file = public.data / "outbox" / "sms.jsonl"
    return [json.loads(line)["text"] for line in file.read_text().splitlines()] if file.exists() else []


def plain(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


async def reasons(kind: str) -> list[tuple[str, str | None]]:
    return [(state, error) for state, error in await fetch("SELECT state, error FROM message WHERE kind = {}", kind)]


async def a_series(clinic: Clinic, clock: FrozenClock) -> list[Booked]:
    wishes = [a_wish(clinic, start, by="sanna") for start in FORTNIGHTS]
    return await service.book_series(staff(clock), clinic, wishes, _in_english(), once="")


def _in_english(**more: Any) -> Any:
    return replace(ANNA, language="en", **more)


async def booked(clinic: Clinic, clock: FrozenClock, **more: Any) -> Visit:
    return (await service.book(staff(clock), clinic, a_wish(clinic, by="sanna"), _in_english(**more), once="")).visit


# --- a series


async def test_a_series_is_told_in_one_mail_with_a_link_for_each(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    series = await a_series(await a_clinic(), clock)

    assert await drain(deliverer(public, clock)) == 1

    [mail] = mails(mailbox)
    assert mail["Subject"] == "Tuomi Dental: your 3 visits are booked"
    said = plain(mail)
    assert [said.count(f"https://times.tuomi.example/a/{one.token}") for one in series] == [1, 1, 1]
    assert [said.count(day) for day in ("3 December", "17 December", "31 December")] == [1, 1, 1]


async def test_a_series_by_sms_says_the_days_in_few_parts(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    wishes = [a_wish(clinic, start, by="sanna") for start in FORTNIGHTS]
    await service.book_series(staff(clock), clinic, wishes, _in_english(email=""), once="")

    await drain(deliverer(public, clock))

    [text] = texts(public)
    assert text == (
        "Tuomi Dental: your times are Thu 3 Dec 09:20, Thu 17 Dec 09:20, Thu 31 Dec 09:20. "
        "Links: https://times.tuomi.example/find"
    )
    assert len(text) <= 160


async def test_a_series_is_told_as_it_is_when_it_leaves(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    series = await a_series(clinic, clock)
    await service.cancel(staff(clock), clinic, series[1].visit.id)

    await drain(deliverer(public, clock))

    [mail] = mails(mailbox)
    assert mail["Subject"] == "Tuomi Dental: your 2 visits are booked"
    assert series[1].token not in plain(mail)


async def test_one_visit_of_a_told_series_that_is_cancelled_or_moved_is_told_of(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    series = await a_series(clinic, clock)
    await drain(deliverer(public, clock))

    await service.cancel(staff(clock), clinic, series[0].visit.id)
    await service.move(staff(clock), clinic, series[2].visit.id, a_wish(clinic, "2026-12-30T09:20+02:00", by="sanna"))
    clock.advance(minutes=11)
    await drain(deliverer(public, clock))

    assert sorted(mail["Subject"] for mail in mails(mailbox)[1:]) == [
        "Tuomi Dental: your new time is Wed 30 Dec at 09:20",
        "Tuomi Dental: your time on Thu 3 Dec at 09:20 is cancelled",
    ]
    assert "It was Thursday 31 December at 09:20." in plain(
        next(mail for mail in mails(mailbox) if "new time" in mail["Subject"])
    )


async def move_last(clinic: Clinic, clock: FrozenClock, series: list[Booked], day: str, **more: Any) -> None:
    await service.move(
        staff(clock), clinic, series[2].visit.id, a_wish(clinic, f"{day}T09:20+02:00", by="sanna"), **more
    )


async def subjects(public: Settings, clock: FrozenClock, mailbox: Path) -> list[str]:
    """Of what has reached Anna eleven minutes later."""
    clock.advance(minutes=11)
    await drain(deliverer(public, clock))
    return [mail["Subject"].removeprefix("Tuomi Dental: your ") for mail in mails(mailbox)]


async def test_a_visit_that_is_moved_before_its_series_was_told_of_stands_in_the_list_alone(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    series = await a_series(clinic, clock)
    await move_last(clinic, clock, series, "2026-12-30")

    assert await subjects(public, clock, mailbox) == ["3 visits are booked"]
    assert "30 December" in plain(mails(mailbox)[0])
    assert await reasons("booking_moved") == []


@pytest.mark.parametrize("told", [True, False])
async def test_moved_back_after_the_list_left_is_told_of_as_where_the_list_said(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path, told: bool
) -> None:
    """The list knew of the first move, whether or not the desk wanted it told."""
    clinic = await a_clinic()
    series = await a_series(clinic, clock)
    await move_last(clinic, clock, series, "2026-12-30", tell=told)
    await subjects(public, clock, mailbox)
    await move_last(clinic, clock, series, "2026-12-31")

    assert (await subjects(public, clock, mailbox))[1:] == ["new time is Thu 31 Dec at 09:20"]
    assert "It was Wednesday 30 December at 09:20." in plain(mails(mailbox)[1])


@pytest.mark.parametrize("told", [True, False])
async def test_a_move_taken_back_before_the_list_leaves_is_no_word_at_all(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path, told: bool
) -> None:
    clinic = await a_clinic()
    series = await a_series(clinic, clock)
    await move_last(clinic, clock, series, "2026-12-30", tell=told)
    await service.undo_last(staff(clock), clinic, series[2].visit.id)

    assert await subjects(public, clock, mailbox) == ["3 visits are booked"]
    await move_last(clinic, clock, series, "2026-12-30")
    assert (await subjects(public, clock, mailbox))[1:] == ["new time is Wed 30 Dec at 09:20"]
    assert "It was Thursday 31 December at 09:20." in plain(mails(mailbox)[1])


@pytest.mark.parametrize("state", ["sending", "failed"])
async def test_a_list_that_is_leaving_or_failed_says_nothing_of_a_move(
    engine: AnyEngine, clock: FrozenClock, state: str
) -> None:
    clinic = await a_clinic()
    series = await a_series(clinic, clock)
    await fetch("UPDATE message SET state = {}", state)
    await move_last(clinic, clock, series, "2026-12-30")

    assert await reasons("booking_moved") == [("queued", None)]


async def test_a_list_that_goes_to_another_address_says_nothing_of_a_move(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    series = await a_series(clinic, clock)
    await service.recontact(staff(clock), clinic, series[2].visit.id, phone="", email=NEW)
    await move_last(clinic, clock, series, "2026-12-30")

    assert await fetch("SELECT recipient FROM message WHERE kind = 'booking_moved'") == [(NEW,)]


async def test_a_series_that_is_taken_back_at_once_was_never_told(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    series = await a_series(clinic, clock)
    await service.undo_last(staff(clock), clinic, series[0].visit.id)

    await drain(deliverer(public, clock))

    assert mails(mailbox) == []
    assert {state for state, _ in await reasons("booking_cancelled") + await reasons("series_booked")} == {"skipped"}


# --- choose a new time


async def test_whoever_cannot_keep_a_time_is_asked_to_choose_another(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    visit = await booked(clinic, clock)
    await service.ask_for_new_time(staff(clock), clinic, [visit.id])

    await drain(deliverer(public, clock))

    subject = "Tuomi Dental: your time on Thu 3 Dec at 09:20 cannot be kept"
    [asked] = [mail for mail in mails(mailbox) if mail["Subject"] == subject]
    assert "/move\n" in plain(asked)
    assert [part.get_content_type() for part in asked.walk() if part.get_content_maintype() == "text"] == [
        "text/plain",
        "text/html",
    ], "the calendar stays as it is"


async def test_after_the_last_moment_the_patient_is_asked_to_call(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    visit = await booked(clinic, clock, email="")
    clock.at = visit.starts_at.replace(hour=5)
    await service.ask_for_new_time(staff(clock), clinic, [visit.id])

    await drain(deliverer(public, clock))

    assert texts(public)[-1] == "Tuomi Dental: your time on Thu 3 Dec 09:20 cannot be kept. Call us: 0300 00140"


async def test_who_has_moved_or_cancelled_meanwhile_is_not_asked(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    moved, gone = await booked(clinic, clock), await booked_at_one(clinic, clock)
    await service.ask_for_new_time(staff(clock), clinic, [moved.id, gone.id])
    await service.move(an_act(clock), clinic, moved.id, a_wish(clinic, "2026-12-04T09:20+02:00"))
    await service.cancel(an_act(clock), clinic, gone.id)

    await drain(deliverer(public, clock))

    assert sorted(await reasons("choose_new_time")) == [
        ("skipped", "the visit has been moved since"),
        ("skipped", "the visit is not coming any more"),
    ]


async def booked_at_one(clinic: Clinic, clock: FrozenClock) -> Visit:
    return (await service.book(staff(clock), clinic, a_wish(clinic, THURSDAY_1300), _in_english(), once="")).visit


# --- words of the desk


async def test_words_of_the_desk_arrive_as_they_were_written(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    visit = await booked(clinic, clock)
    words = "The lift is <b>out</b> & the stairs are steep."
    for channel in ("email", "sms"):
        await service.write_to(staff(clock), clinic, visit.id, channel, words)
    await service.cancel(staff(clock), clinic, visit.id)

    await drain(deliverer(public, clock))

    [mail] = mails(mailbox)
    html = mail.get_body(("html",))
    assert html is not None
    assert (mail["Subject"], plain(mail).startswith(words)) == ("Tuomi Dental: a message about your visit", True)
    assert "<b>out</b>" not in html.get_content()
    assert "&lt;b&gt;out&lt;/b&gt; &amp; the stairs" in html.get_content()
    assert texts(public) == [f"Tuomi Dental: {words}"]


# --- untold


async def test_a_blocked_day_moves_no_visit_and_sends_nothing_by_itself(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    visit = await booked(clinic, clock)
    await drain(deliverer(public, clock))
    span = Span(at("2026-12-03T00:00+02:00"), at("2026-12-04T00:00+02:00"))

    await service.block(staff(clock), clinic, visit.practitioner, span, "Ill")

    assert (await drain(deliverer(public, clock)), len(mails(mailbox))) == (0, 1)


async def test_a_booking_nobody_was_written_of_is_taken_back_without_a_word(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    wishes = [a_wish(clinic, start, by="sanna") for start in FORTNIGHTS]
    one = await service.book(staff(clock), clinic, a_wish(clinic, by="pekka"), _in_english(), once="", tell=False)
    several = await service.book_series(staff(clock), clinic, wishes, _in_english(), once="", tell=False)
    for booked_first in (one, several[0]):
        await service.undo_last(staff(clock), clinic, booked_first.visit.id)

    await drain(deliverer(public, clock))

    assert mails(mailbox) == []


async def test_back_where_they_were_told_after_a_move_by_telephone_is_told(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    visit = await booked(clinic, clock)
    await drain(deliverer(public, clock))
    await service.move(staff(clock), clinic, visit.id, a_wish(clinic, THURSDAY_1300, by="sanna"), tell=False)
    await service.move(staff(clock), clinic, visit.id, a_wish(clinic, by="sanna"))
    clock.advance(minutes=3)

    await drain(deliverer(public, clock))

    assert "It was Thursday 3 December at 13:00." in plain(mails(mailbox)[1])


async def test_an_untold_move_taken_back_revives_nothing_of_an_earlier_one(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    visit = await booked(clinic, clock)
    await service.move(staff(clock), clinic, visit.id, a_wish(clinic, THURSDAY_1300, by="sanna"), tell=False)
    clock.advance(minutes=1)
    await service.move(staff(clock), clinic, visit.id, a_wish(clinic, "2026-12-04T08:00+02:00"), tell=False)
    await service.undo_last(staff(clock), clinic, visit.id)

    await drain(deliverer(public, clock))

    assert mails(mailbox) == []


# --- another contact


NEW = "new@mail.example"


async def test_a_series_that_did_not_arrive_goes_to_the_new_contact(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    series = await a_series(clinic, clock)
    await fetch("UPDATE message SET state = 'failed', attempts = 1 RETURNING id")

    await service.recontact(staff(clock), clinic, series[0].visit.id, phone="", email=NEW)
    await drain(deliverer(public, clock))

    [letter] = [message_from_bytes(file.read_bytes()) for file in mailbox.glob("*.eml")]
    assert (letter["To"], letter["Subject"]) == (NEW, "Tuomi Dental: your 3 visits are booked")


async def test_a_question_and_a_cancellation_follow_to_the_new_contact(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    asked, gone = await booked(clinic, clock), await booked_at_one(clinic, clock)
    await service.ask_for_new_time(staff(clock), clinic, [asked.id])
    await fetch("UPDATE message SET state = 'failed', attempts = 1 WHERE kind = 'choose_new_time' RETURNING id")
    cancelled = await service.cancel(staff(clock), clinic, gone.id, by="clinic")

    for visit in (asked, gone):
        await service.recontact(staff(clock), clinic, visit.id, phone="", email=NEW)

    rows = await fetch("SELECT kind, due_at FROM message WHERE recipient = {} AND state = 'queued' ORDER BY kind", NEW)
    assert rows == [
        ("booking_cancelled", cancelled.undo_until),
        ("booking_confirmed", clock.now()),
        ("choose_new_time", clock.now()),
    ]


# --- come in now


async def waiting(clinic: Clinic, clock: FrozenClock, **more: Any) -> Visit:
    """Anna has a visit with Sanna at 11:00 and is here."""
    wish = a_wish(clinic, "2026-12-01T11:00+02:00", "acute", by="sanna")
    visit = (await service.book(staff(clock), clinic, wish, _in_english(**more), once="", tell=False)).visit
    return await service.mark(staff(clock), clinic, visit.id, State.ARRIVED)


async def test_whoever_waits_is_called_by_sms_to_a_room_and_a_person(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    visit = await waiting(clinic, clock)

    assert await service.call_in(staff(clock), clinic, visit.id, version=visit.version)
    assert not await service.call_in(staff(clock), clinic, visit.id)
    await drain(deliverer(public, clock))

    assert texts(public) == ["Tuomi Dental: Sanna Koivisto is ready for you: Room 1."]
    assert (mails(mailbox), await state_now(visit)) == ([], State.ARRIVED)


async def test_without_a_number_they_are_called_by_mail(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    visit = await waiting(clinic, clock, phone="", phone_raw="")

    await service.call_in(staff(clock), clinic, visit.id)
    await drain(deliverer(public, clock))

    [mail] = mails(mailbox)
    assert (mail["Subject"], plain(mail).splitlines()[0]) == (
        "Tuomi Dental: come in now", "Sanna Koivisto is ready for you: Room 1.",
    )  # fmt: skip


@pytest.mark.parametrize(("to", "minutes"), [(State.IN_ROOM, 0), (None, 10)])
async def test_a_call_that_is_of_no_use_any_more_does_not_leave(
    engine: AnyEngine, public: Settings, clock: FrozenClock, to: State | None, minutes: int
) -> None:
    clinic = await a_clinic()
    visit = await waiting(clinic, clock)
    await service.call_in(staff(clock), clinic, visit.id)
    if to:
        await service.mark(staff(clock), clinic, visit.id, to)
    clock.advance(minutes=minutes)

    await drain(deliverer(public, clock))

    [(state, error)] = await reasons("come_in")
    assert (state, texts(public)) == ("skipped" if to else "failed", [])
    assert (error or "").startswith("they do not wait any more" if to else "too late")


@pytest.mark.parametrize("staffed", [True, False])
async def test_nobody_is_called_who_does_not_wait_and_only_by_staff(
    engine: AnyEngine, clock: FrozenClock, staffed: bool
) -> None:
    clinic = await a_clinic()
    visit = await waiting(clinic, clock)
    if staffed:
        await service.not_here(staff(clock), clinic, visit.id)

    with pytest.raises(NotAllowed if staffed else NotYours):
        await service.call_in(staff(clock) if staffed else an_act(clock), clinic, visit.id)
    assert await reasons("come_in") == []


async def state_now(visit: Visit) -> State:
    return (await visit_by_id(visit.id)).state
