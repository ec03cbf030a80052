"""`Idempotency-Key` over HTTP: however often a booking is sent, there is one, and one answer."""

import asyncio
from datetime import timedelta

import pytest

from tests.web.api.conftest import PATIENT, START, Book, everything, token_of
from tests.web.conftest import Client
from turnet.booking import idempotency
from turnet.booking.tables import Booking, IdempotencyKey
from turnet.clock import FrozenClock

LATER = "2026-12-04T13:00:00+02:00"


async def test_a_repeated_booking_is_answered_with_the_same_bytes(api: Client, book: Book) -> None:
    answers = [await book(key="one") for _ in range(3)]

    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert await Booking.count() == 1
    shown = await api.get(f"/api/v1/bookings/{token_of(answers[2])}")
    assert shown.json()["reference"] == answers[0].json()["reference"]


async def test_the_answer_stays_the_first_one_after_the_visit_was_moved(api: Client, book: Book) -> None:
    first = await book(key="one")
    await api.post(f"/api/v1/bookings/{token_of(first)}/move", json={"start": LATER})

    assert (await book(key="one")).content == first.content


async def test_how_the_body_is_spelled_does_not_matter(api: Client, book: Book) -> None:
    first = await book(key="one")
    patient = '{"email":"aino@example.org",\n "name":"Aino Virtanen"}'
    body = f'{{ "start":"{START}", "patient" : {patient},"service":"check-up"}}'

    again = await api.post(
        "/api/v1/bookings",
        content=body.encode(),
        headers={"Content-Type": "application/json", "Idempotency-Key": "one"},
    )

    assert (again.status_code, again.content) == (201, first.content)


async def test_the_same_key_with_another_body_is_refused(book: Book) -> None:
    await book(key="one")
    before = await everything()

    answer = await book(key="one", start=LATER)

    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert await everything() == before


async def test_another_key_or_none_is_another_booking(book: Book) -> None:
    answers = [await book(key="one"), await book(key="two"), await book(start=LATER), await book(start=LATER)]

    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]  # three a day for one contact
    assert len({answer.json()["reference"] for answer in answers[:3]}) == 3


async def test_parallel_requests_with_one_key_are_one_booking(book: Book) -> None:
    answers = await asyncio.gather(*(book(key="one") for _ in range(8)))

    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert await Booking.count() == 1


@pytest.mark.parametrize(
    ("wrong", "status"), [({"start": "2026-12-03T09:21:00+02:00"}, 422), ({"patient": {"name": ""}}, 422), ({}, 409)]
)
async def test_a_refused_request_frees_its_key(book: Book, wrong: dict[str, object], status: int) -> None:
    taken = [
        await book(practitioner=who, patient=PATIENT | {"email": f"{who}@example.org"}) for who in ("sanna", "pekka")
    ]
    assert [answer.status_code for answer in taken] == [201, 201]

    refused = await book(key="one", **wrong)
    again = await book(key="one", start=LATER)

    assert (refused.status_code, again.status_code) == (status, 201)


async def test_a_booking_whose_answer_was_lost_in_a_crash_is_found_again(book: Book, clock: FrozenClock) -> None:
    first = await book(key="one")
    await IdempotencyKey.update({IdempotencyKey.status: 0, IdempotencyKey.response: ""}, force=True)
    clock.advance(seconds=idempotency.ABANDONED.total_seconds())

    again = await book(key="one")

    assert (again.status_code, again.content, await Booking.count()) == (201, first.content, 1)


async def test_a_request_that_died_before_it_booked_is_done_now(book: Book, clock: FrozenClock) -> None:
    await book(key="one")
    await IdempotencyKey.update({IdempotencyKey.status: 0, IdempotencyKey.response: ""}, force=True)
    await Booking.update({Booking.once: None}, force=True)  # as if this visit were somebody else's
    clock.advance(seconds=idempotency.ABANDONED.total_seconds())

    again = await book(key="one")

    assert (again.status_code, await Booking.count()) == (201, 2)


async def test_while_the_first_is_in_flight_the_second_is_told_to_wait(
    book: Book, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "PAUSE", 0.001)
    await book(key="one")
    await IdempotencyKey.update({IdempotencyKey.status: 0, IdempotencyKey.response: ""}, force=True)

    answer = await book(key="one")

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (409, "in_progress", "5")


async def test_a_day_later_the_key_is_new(book: Book, clock: FrozenClock) -> None:
    first = await book(key="one", start=LATER)
    clock.advance(seconds=timedelta(hours=24).total_seconds())

    second = await book(key="one", start="2026-12-07T09:20:00+02:00")

    assert (second.status_code, second.json()["reference"] == first.json()["reference"]) == (201, False)


async def test_no_link_can_be_read_from_what_is_kept(book: Book) -> None:
    token = token_of(await book(key="one"))

    kept = str(await IdempotencyKey.select())

    assert ("check-up" in kept, token in kept, "Aino" in kept) == (True, False, False)


@pytest.mark.parametrize(("key", "code"), [("x" * 256, "too_long"), (["a", "b"], "repeated")])
async def test_a_key_that_cannot_be_one_is_refused(api: Client, key: str | list[str], code: str) -> None:
    keys = [key] if isinstance(key, str) else key
    body = {"service": "check-up", "start": START, "patient": PATIENT}

    answer = await api.post("/api/v1/bookings", json=body, headers=[("Idempotency-Key", one) for one in keys])

    assert (answer.status_code, answer.json()["fields"]) == (422, {"Idempotency-Key": code})


async def test_twenty_people_asking_for_one_time_are_one_booking(api: Client) -> None:
    def ask(number: int) -> dict[str, object]:
        return {
            "service": "root-canal",
            "start": START,
            "patient": {"name": "Patient", "email": f"patient{number}@example.org"},
        }

    answers = await asyncio.gather(*(api.post("/api/v1/bookings", json=ask(number)) for number in range(20)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"slot_taken"}
    assert await Booking.count() == 1


async def test_twenty_identical_bookings_without_a_key_are_one(book: Book) -> None:
    answers = await asyncio.gather(*(book(service="root-canal") for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert await Booking.count() == 1
