"""From an act to what a person receives, and what becomes of a row when the mail server misbehaves."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from tests.db.booking.acts import ANNA, THURSDAY_0920, THURSDAY_1000, a_wish
from tests.db.messaging.acts import a_booking, an_act, book, cancel, move, rows, undo
from tests.factories import a_clinic
from tests.unit.messaging.servers import MailServer, a_closed_port, a_mail_server, a_silent_server
from turnet.booking import service
from turnet.clinic.queries import load
from turnet.clinic.tables import Location
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.messaging import deliver, outbox
from turnet.messaging.channels.smtp import Smtp
from turnet.messaging.deliver import LONGEST_WAIT, MAX_ATTEMPTS, Deliverer, deliverer, drain, send_test, wait
from turnet.settings import Settings

PHONE_ONLY = replace(ANNA, email="", language="en")


class Still(random.Random):
    """Waits are exactly as long as written."""

    def uniform(self, a: float, b: float) -> float:
        return 1.0


def through(url: str, settings: Settings, clock: FrozenClock, seconds: float = 5) -> Deliverer:
    made = deliverer(settings, clock)
    return replace(
        made, chance=Still(), channels=made.channels | {"email": Smtp(url, own_name="tuomi.example", seconds=seconds)}
    )


def subjects(mailbox: Path, recipient: str = "dana@example.com") -> list[str]:
    mails = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in mailbox.glob("*.eml")]
    return sorted(str(mail["Subject"]) for mail in mails if mail["To"] == recipient)


async def states(kind: str = "booking_confirmed") -> list[tuple[str, str | None]]:
    return [(state, error) for name, state, error in await rows("kind", "state", "error") if name == kind]


# --- what is sent


async def test_a_booking_is_confirmed_to_the_patient_and_copied_to_the_location(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    visit = await book(await a_clinic(), clock)

    assert await drain(deliverer(public, clock)) == 2

    assert subjects(mailbox) == ["Tuomi Dental: your time is Thu 3 Dec at 09:20"]
    assert subjects(mailbox, "keskusta@tuomi.example") == [f"Booked online: Thu 3 Dec at 09:20, {visit.reference}"]
    assert sorted(await rows("kind", "state", "recipient")) == [
        ("booking_confirmed", "sent", "dana@example.com"),
        ("desk_booked", "sent", "keskusta@tuomi.example"),
    ]
    assert {file.suffix for file in mailbox.iterdir()} == {".eml"}


async def test_who_gave_only_a_number_gets_one_sms(engine: AnyEngine, public: Settings, clock: FrozenClock) -> None:
    await book(await a_clinic(), clock, email="")

    await drain(deliverer(public, clock))

    [line] = (public.data / "outbox" / "sms.jsonl").read_text().splitlines()
    sent = json.loads(line)
    text = sent.pop("text")
    assert sent == {
        "id": str((await rows("id", "channel"))[0][0]),
        "to": "+358401234567",
        "sender": "Tuomi Dental",
        "parts": 1,
        "at": "2026-12-01T08:42:00+00:00",
    }
    assert text.startswith("Tuomi Dental: your time is Thu 3 Dec 09:20, Hämeenkatu 14 B. Move or cancel: https://")


@pytest.mark.parametrize(
    ("guardian", "said"), [(True, "Tuomi Dental, Eero: your time is"), (False, "Tuomi Dental: your time is")]
)
async def test_a_telephone_of_several_people_is_told_whose_time_it_is(
    engine: AnyEngine, public: Settings, clock: FrozenClock, guardian: bool, said: str
) -> None:
    clinic = await a_clinic()
    anna = await service.book(an_act(clock), clinic, a_wish(clinic, THURSDAY_0920), PHONE_ONLY, once="")
    who = replace(PHONE_ONLY, name="Eero Virtanen") if guardian else replace(PHONE_ONLY, phone="+358407654321")
    await service.book(an_act(clock), clinic, a_wish(clinic, THURSDAY_1000), who, once="")
    await fetch("UPDATE message SET state = 'cancelled' WHERE booking = {}", anna.visit.id)
    await drain(deliverer(public, clock))

    [line] = (public.data / "outbox" / "sms.jsonl").read_text().splitlines()
    assert json.loads(line)["text"].startswith(said)


async def test_what_staff_book_is_not_copied_to_their_own_mailbox(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    await book(await a_clinic(), clock, by_staff=True)

    assert await rows("kind") == [("booking_confirmed",)]


async def test_a_location_without_a_mailbox_gets_no_copy(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    await a_clinic()
    await Location.update({Location.email: ""}, force=True)
    quiet = await load()
    assert quiet is not None

    await book(quiet, clock)

    assert await rows("kind") == [("booking_confirmed",)]


async def test_a_move_is_told_two_minutes_later_under_a_higher_sequence(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    visit = await book(clinic, clock)
    await drain(deliverer(public, clock))
    await move(visit, clinic, clock, visit.starts_at + timedelta(hours=1))

    clock.advance(seconds=119)
    early = await drain(deliverer(public, clock))
    clock.advance(seconds=1)
    await drain(deliverer(public, clock))

    assert early == 0
    assert subjects(mailbox) == [
        "Tuomi Dental: your new time is Thu 3 Dec at 10:20",
        "Tuomi Dental: your time is Thu 3 Dec at 09:20",
    ]


async def test_two_moves_within_two_minutes_are_one_mail_about_the_last(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    visit = await book(clinic, clock)
    await drain(deliverer(public, clock))
    first = visit.starts_at

    visit = await move(visit, clinic, clock, first + timedelta(hours=1))
    clock.advance(minutes=1)
    await move(visit, clinic, clock, first + timedelta(hours=2))
    clock.advance(minutes=10)
    await drain(deliverer(public, clock))

    assert subjects(mailbox)[0] == "Tuomi Dental: your new time is Thu 3 Dec at 11:20"
    assert len(subjects(mailbox)) == 2
    assert "It was Thursday 3 December at 09:20." in _text(mailbox, "new time")


def _text(mailbox: Path, subject: str) -> str:
    for file in mailbox.glob("*.eml"):
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        if subject in str(mail["Subject"]):
            return str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    raise AssertionError(f"no mail about {subject}")


async def test_a_move_that_is_moved_back_at_once_sends_nothing(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    visit = await book(clinic, clock)
    await drain(deliverer(public, clock))
    first = visit.starts_at

    visit = await move(visit, clinic, clock, first + timedelta(hours=1))
    await move(visit, clinic, clock, first)
    clock.advance(minutes=10)
    await drain(deliverer(public, clock))

    assert len(subjects(mailbox)) == 1
    assert ("skipped", "the visit is back where they know it to be") in await states("booking_moved")


async def test_a_move_before_the_confirmation_left_is_one_confirmation_of_the_new_time(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    visit = await book(clinic, clock)
    await move(visit, clinic, clock, visit.starts_at + timedelta(hours=1))

    clock.advance(minutes=2)
    await drain(deliverer(public, clock))

    assert subjects(mailbox) == ["Tuomi Dental: your time is Thu 3 Dec at 10:20"]
    assert await states() == [("cancelled", "the visit was moved"), ("sent", None)]


async def test_a_cancellation_is_told_when_its_undo_has_ended(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    visit = await book(clinic, clock)
    await drain(deliverer(public, clock))
    await cancel(visit, clinic, clock)

    clock.advance(minutes=10, seconds=-1)
    early = await drain(deliverer(public, clock))
    clock.advance(seconds=1)
    await drain(deliverer(public, clock))

    assert early == 0
    assert subjects(mailbox)[1] == "Tuomi Dental: your time on Thu 3 Dec at 09:20 is cancelled"
    assert [subject[:16] for subject in subjects(mailbox, "keskusta@tuomi.example")] == [
        "Booked online: T",
        "Cancelled online",
    ]


async def test_a_cancellation_taken_back_sends_nothing(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    visit = await book(clinic, clock)
    await drain(deliverer(public, clock))

    visit = await cancel(visit, clinic, clock)
    clock.advance(minutes=9)
    await undo(visit, clinic, clock)
    clock.advance(hours=1)

    assert await drain(deliverer(public, clock)) == 0
    assert len(subjects(mailbox)) == 1


async def test_a_visit_cancelled_before_its_confirmation_left_is_never_spoken_of(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    await cancel(await book(clinic, clock), clinic, clock)

    clock.advance(minutes=10)
    await drain(deliverer(public, clock))

    assert not mailbox.exists()
    assert await states("booking_cancelled") == [("skipped", "nothing had been sent that needed taking back")]


async def test_an_undo_lets_the_confirmation_leave_that_the_cancellation_held_back(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    visit = await cancel(await book(clinic, clock), clinic, clock)
    await drain(deliverer(public, clock))
    held_back = mailbox.exists()
    await undo(visit, clinic, clock)

    await drain(deliverer(public, clock))

    assert (held_back, subjects(mailbox)) == (False, ["Tuomi Dental: your time is Thu 3 Dec at 09:20"])


async def test_a_visit_confirmed_elsewhere_is_still_cancelled_in_writing(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    await cancel(await a_booking(clinic, clock), clinic, clock)

    clock.advance(minutes=10)
    await drain(deliverer(public, clock))

    assert subjects(mailbox) == ["Tuomi Dental: your time on Thu 3 Dec at 09:20 is cancelled"]


async def test_on_a_loopback_address_patients_get_nothing_and_the_row_says_why(
    engine: AnyEngine, settings: Settings, clock: FrozenClock
) -> None:
    await book(await a_clinic(), clock)

    await drain(deliverer(settings, clock))

    assert sorted(await rows("kind", "state", "error")) == [
        ("booking_confirmed", "skipped", deliver.LEADS_NOWHERE),
        ("desk_booked", "sent", None),
    ]


# --- when the mail server misbehaves


@pytest.mark.parametrize(
    ("answers", "state", "error"),
    [
        ({"dana@example.com": "550 5.1.1 unknown"}, "failed", "550 5.1.1 unknown"),
        ({"dana@example.com": "450 4.2.1 busy"}, "queued", "450 4.2.1 busy"),
    ],
)
async def test_one_recipients_trouble_is_nobody_elses(
    engine: AnyEngine, public: Settings, clock: FrozenClock, answers: dict[str, str], state: str, error: str
) -> None:
    await book(await a_clinic(), clock)

    async with a_mail_server(**answers) as inbox:
        await drain(through(inbox.url, public, clock))

    assert inbox.recipients == ["keskusta@tuomi.example"]
    assert await states() == [(state, error)]
    assert await states("desk_booked") == [("sent", None)]


@pytest.mark.parametrize("answer", ["451 try later", MailServer.HANG])
async def test_trouble_after_the_data_is_tried_again_with_the_same_message_id(
    engine: AnyEngine, public: Settings, clock: FrozenClock, answer: str
) -> None:
    await book(await a_clinic(), clock, by_staff=True)
    async with a_mail_server(DATA=answer) as inbox:
        await drain(through(inbox.url, public, clock, seconds=0.5))
        waiting = await rows("state", "attempts", "due_at")
        inbox.answers.clear()

        clock.advance(seconds=30)
        await drain(through(inbox.url, public, clock))

    assert waiting == [("queued", 1, clock.now())]
    assert [(state, attempts) for state, attempts in await rows("state", "attempts")] == [("sent", 2)]
    assert len(inbox.mails) == 1
    assert b"Message-ID: <appt-b" in inbox.mails[0]


async def test_a_server_that_refuses_connections_costs_one_row_an_attempt_and_the_rest_nothing(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    for _ in range(6):
        await book(clinic, clock, by_staff=True)

    handled = await drain(through(await a_closed_port(), public, clock))

    attempts = sorted(number for (number,) in await rows("attempts"))
    assert {state for (state,) in await rows("state")} == {"queued"}
    assert (handled, sum(attempts)) == (sum(attempts), sum(attempts))
    assert 1 <= sum(attempts) <= deliver.LANES


async def test_a_server_that_never_answers_is_left_alone_until_the_next_round(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    await book(await a_clinic(), clock, by_staff=True)

    async with a_silent_server() as url:
        await drain(through(url, public, clock, seconds=0.1))

    [(state, attempts, error)] = await rows("state", "attempts", "error")
    assert (state, attempts) == ("queued", 1)
    assert error.endswith("did not answer within 0.1 s")


async def test_a_server_that_never_takes_it_ends_in_a_visible_failure_after_eight_attempts(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    await book(await a_clinic(), clock, by_staff=True)
    start, waits = clock.now(), []

    async with a_mail_server(DATA="451 try later") as inbox:
        for _ in range(MAX_ATTEMPTS):
            await drain(through(inbox.url, public, clock))
            [(due,)] = await rows("due_at")
            waits.append((due - start).total_seconds())
            clock.at = due

    assert waits == [30, 90, 210, 450, 930, 1890, 3810, 3810]
    assert [(state, attempts) for state, attempts in await rows("state", "attempts")] == [("failed", 8)]
    assert (await outbox.health(clock.now())).failed_last_day == 1


async def test_a_server_that_is_away_for_half_a_day_loses_nothing(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    """Each try costs an attempt, but it is not the message that the server does not want."""
    await book(await a_clinic(), clock, by_staff=True)
    gone = through(await a_closed_port(), public, clock)

    for _ in range(12):
        await drain(gone)
        clock.advance(hours=1)
    waiting = await rows("state", "attempts")
    async with a_mail_server() as inbox:
        await drain(through(inbox.url, public, clock))

    assert waiting == [("queued", 12)]
    assert (await states(), inbox.recipients) == ([("sent", None)], ["dana@example.com"])


async def test_after_an_evening_without_the_server_nobody_waits_longer_than_five_minutes_more(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    await book(await a_clinic(), clock, by_staff=True)
    gone = through(await a_closed_port(), public, clock)
    for _ in range(12):
        await drain(gone)
        clock.advance(hours=1)
    await drain(gone)

    clock.advance(minutes=5)
    async with a_mail_server() as inbox:
        await drain(through(inbox.url, public, clock))

    assert inbox.recipients == ["dana@example.com"]


async def test_what_is_tried_in_vain_until_the_visit_says_that_it_is_too_late(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    await book(await a_clinic(), clock, by_staff=True, starts_at=clock.now() + timedelta(hours=2))
    gone = through(await a_closed_port(), public, clock)

    for _ in range(9):
        await drain(gone)
        clock.advance(minutes=30)

    [(state, error)] = await states()
    assert (state, str(error).partition("127")[0]) == ("failed", "too late: ")


async def test_a_message_that_would_come_after_the_visit_fails_instead(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    await book(await a_clinic(), clock, by_staff=True, starts_at=clock.now() + timedelta(hours=2))
    clock.advance(hours=2)

    async with a_mail_server() as inbox:
        await drain(through(inbox.url, public, clock))

    assert inbox.mails == []
    assert await states() == [("failed", "too late: it never left")]


async def test_a_message_that_cannot_be_composed_does_not_hold_up_the_next(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clinic = await a_clinic()
    await outbox.add(
        "no_such_kind",
        channel="email",
        recipient="x@y.example",
        language="en",
        dedupe="poison",
        due_at=clock.now() - timedelta(minutes=1),
        not_after=clock.now() + timedelta(days=1),
        now=clock.now(),
    )
    await book(clinic, clock, by_staff=True)

    await drain(deliverer(public, clock))

    assert len(subjects(mailbox)) == 1
    assert await states("no_such_kind") == [("queued", "KeyError: 'no_such_kind'")]
    assert [record.message for record in caplog.records] == ["message not delivered"]


async def test_a_row_that_comes_back_from_a_failed_try_after_the_visit_changed_is_not_sent(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    clinic = await a_clinic()
    visit = await book(clinic, clock, by_staff=True)
    [trying] = await outbox.claim(10, channel="email", repeatable=True, now=clock.now(), real=clock.real())
    await move(visit, clinic, clock, visit.starts_at + timedelta(hours=1))
    await outbox.retry(trying, "451 try later", due_at=clock.now())

    clock.advance(minutes=2)
    await drain(deliverer(public, clock))

    assert await states() == [("skipped", "the visit has changed since")]
    assert subjects(mailbox) == ["Tuomi Dental: your new time is Thu 3 Dec at 10:20"]


async def test_a_round_shares_connections_and_says_goodbye(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    for _ in range(12):
        await book(clinic, clock, by_staff=True)

    async with a_mail_server() as inbox:
        await drain(through(inbox.url, public, clock))

    assert len(inbox.mails) == 12
    assert inbox.farewells == inbox.connections <= deliver.LANES


async def test_a_restart_in_the_middle_of_sending_resumes(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    await book(await a_clinic(), clock, by_staff=True)
    await outbox.claim(10, channel="email", repeatable=True, now=clock.now(), real=clock.real())

    before = await drain(deliverer(public, clock))
    await outbox.requeue_interrupted(clock.now())
    after = await drain(deliverer(public, clock))

    assert (before, after, len(subjects(mailbox))) == (0, 1, 1)


async def test_nothing_more_is_begun_once_the_process_ends(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    await book(await a_clinic(), clock)
    ending = replace(deliverer(public, clock), stopping=True)

    assert await drain(ending) == 0

    assert (await states(), subjects(mailbox)) == ([("queued", None)], [])
    assert await drain(replace(ending, stopping=False)) == 2


async def test_rows_a_batch_has_no_time_for_go_back_untried(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    """Each mail takes the server 20 s: a lease has time for two rounds of lanes, the rest is claimed anew."""
    clinic = await a_clinic()
    for _ in range(deliver.LANES * 3):
        await book(clinic, clock, by_staff=True)
    slow = _Slow(clock)

    handled = await drain(replace(deliverer(public, clock), channels={"email": slow}))

    assert (handled, slow.sent) == (deliver.LANES * 3, deliver.LANES * 3)
    assert {(state, attempts) for state, attempts in await rows("state", "attempts")} == {("sent", 1)}


class _Slow:
    """A channel whose every send takes 20 s of the clock."""

    repeatable = True

    def __init__(self, clock: FrozenClock) -> None:
        self.clock, self.sent = clock, 0

    async def send(self, parcel: Any) -> str | None:
        self.clock.advance(seconds=20)
        self.sent += 1
        return None

    async def close(self) -> None:
        pass


def test_waits_double_up_to_an_hour_give_or_take_half() -> None:
    shortest: Callable[[int], float] = lambda n: wait(n, _at_edge(0.5)).total_seconds()  # noqa: E731
    longest: Callable[[int], float] = lambda n: wait(n, _at_edge(1.5)).total_seconds()  # noqa: E731

    assert [(shortest(n), longest(n)) for n in (1, 2, 7)] == [(15, 45), (30, 90), (960, 2880)]
    assert (shortest(20), longest(20)) == (LONGEST_WAIT.total_seconds() * 0.5, LONGEST_WAIT.total_seconds() * 1.5)


def _at_edge(edge: float) -> random.Random:
    class Edge(random.Random):
        def uniform(self, a: float, b: float) -> float:
            return edge

    return Edge()


async def test_a_test_mail_leaves_at_once_and_says_what_the_server_said(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    clinic = await a_clinic()

    async with a_mail_server() as inbox:
        said = await send_test(through(inbox.url, public, clock), clinic, "owner@tuomi.example")

    assert (said, inbox.recipients) == ("accepted as 4711", ["owner@tuomi.example"])
