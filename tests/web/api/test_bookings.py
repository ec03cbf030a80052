"""Holding, booking, moving, cancelling and undoing through the API: what is answered and what never leaks."""

from dataclasses import replace
from typing import Any

import pytest

from tests.web.api.conftest import PATIENT, START, Book, booking, everything, token_of
from tests.web.conftest import Client
from turnet.booking.tables import Booking
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch
from turnet.patients.tables import Patient
from turnet.settings import Settings

LATER = "2026-12-04T13:00:00+02:00"


async def slots(api: Client, day: str = "2026-12-03", service: str = "check-up") -> list[dict[str, Any]]:
    found = await api.get(f"/api/v1/slots?service={service}&from={day}&to={day}")
    return list(found.json()["slots"])


async def test_a_booking_is_answered_with_what_was_booked(api: Client, book: Book, settings: Settings) -> None:
    answer = await book(practitioner="pekka")
    body = answer.json()

    assert (answer.status_code, answer.headers["content-type"]) == (201, "application/json")
    assert {name: body[name] for name in body if name not in ("reference", "manage_url")} == {
        "start": START,
        "end": "2026-12-03T09:50:00+02:00",
        "service": "check-up",
        "practitioner": "pekka",
        "location": "keskusta",
    }
    assert body["manage_url"] == f"{settings.origin}/a/{token_of(answer)}"
    assert len(token_of(answer)) == 22


async def test_nothing_of_a_booking_may_be_kept_or_read_by_other_pages(api: Client, book: Book) -> None:
    made = await book()
    shown = await api.get(f"/api/v1/bookings/{token_of(made)}", headers={"Origin": "https://elsewhere.example"})

    for answer in (made, shown):
        assert answer.headers.get_list("cache-control") == ["no-store"]
        assert ("access-control-allow-origin" in answer.headers, "set-cookie" in answer.headers) == (False, False)
    assert shown.headers.get_list("referrer-policy") == ["no-referrer"]
    assert shown.headers["x-robots-tag"] == "noindex, nofollow"


async def test_times_are_the_same_bytes_wherever_they_stand(api: Client, book: Book) -> None:
    offered = next(slot for slot in await slots(api) if slot["start"] == START)

    made = (await book(start=offered["start"])).json()
    shown = await api.get(f"/api/v1/bookings/{made['manage_url'].rpartition('/')[2]}")

    assert {(one["start"], one["end"]) for one in (offered, made, shown.json())} == {(offered["start"], offered["end"])}


@pytest.mark.parametrize("start", ["2026-12-03T07:20Z", "2026-12-03T07:20:00.000Z", "2026-12-03T02:20:00-05:00"])
async def test_any_offset_names_the_same_instant(book: Book, start: str) -> None:
    assert (await book(start=start)).json()["start"] == START


async def test_a_booking_is_shown_by_its_token(api: Client, book: Book) -> None:
    made = await book(practitioner="sanna", patient=PATIENT | {"language": "fi"})

    answer = await api.get(f"/api/v1/bookings/{token_of(made)}")

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "reference": made.json()["reference"],
            "status": "booked",
            "start": START,
            "end": "2026-12-03T09:50:00+02:00",
            "service": "check-up",
            "practitioner": "sanna",
            "location": "keskusta",
            "version": 1,
            "language": "fi",
            "can_move": True,
            "move_until": "2026-12-02T09:20:00+02:00",
            "can_cancel": True,
            "cancel_until": "2026-12-02T09:20:00+02:00",
            "can_undo": False,
            "undo_until": None,
        },
    )


async def test_whoever_has_the_link_learns_nothing_about_the_person(api: Client, book: Book) -> None:
    patient = {"name": "Canary Person", "phone": "+358401234567", "email": "canary@example.org"}
    made = await book(patient=patient, note="canary note")
    url = f"/api/v1/bookings/{token_of(made)}"

    said = [
        made,
        await api.get(url),
        await api.post(f"{url}/move", json={"start": LATER}),
        await api.post(f"{url}/cancel"),
    ]

    assert [answer.status_code for answer in said] == [201, 200, 200, 200]
    stored = (await Booking.select())[0]
    assert (stored["phone"], stored["note"]) == ("+358401234567", "canary note")
    for answer in said:
        assert [secret for secret in ("anary", "401234567") if secret in answer.text] == []


async def test_a_booking_is_moved(api: Client, book: Book) -> None:
    url = f"/api/v1/bookings/{token_of(await book(practitioner='sanna'))}"

    answer = await api.post(f"{url}/move", json={"start": LATER, "practitioner": "pekka", "version": 1})

    body = answer.json()
    assert (answer.status_code, body["start"], body["practitioner"], body["version"]) == (200, LATER, "pekka", 2)
    assert (await api.get(url)).json() == body
    assert START in [slot["start"] for slot in await slots(api) if "sanna" in slot["practitioners"]]


async def test_a_booking_is_cancelled_and_had_back(api: Client, book: Book, clock: FrozenClock) -> None:
    url = f"/api/v1/bookings/{token_of(await book())}"

    cancelled = (await api.post(f"{url}/cancel", json={"reason": "Ill", "version": 1})).json()
    assert (cancelled["status"], cancelled["can_undo"], cancelled["undo_until"], cancelled["can_cancel"]) == (
        "cancelled",
        True,
        "2026-12-01T10:52:00+02:00",
        False,
    )

    back = await api.post(f"{url}/undo")
    assert (back.status_code, back.json()["status"], back.json()["undo_until"]) == (200, "booked", None)


async def test_a_cancellation_older_than_ten_minutes_stays(api: Client, book: Book, clock: FrozenClock) -> None:
    url = f"/api/v1/bookings/{token_of(await book())}"
    await api.post(f"{url}/cancel")
    clock.advance(minutes=11)

    answer = await api.post(f"{url}/undo")

    assert (answer.status_code, (await api.get(url)).json()["status"]) == (409, "cancelled")


async def test_a_hold_keeps_the_time_for_whoever_made_it(api: Client, book: Book) -> None:
    held = await api.post("/api/v1/holds", json={"service": "root-canal", "start": START})
    assert (held.status_code, set(held.json())) == (201, {"hold", "expires_at"})
    assert held.json()["expires_at"] > "2026-12-01T10:42:00+02:00"

    without = await book(service="root-canal")
    within = await book(service="root-canal", hold=held.json()["hold"])

    assert (without.status_code, without.json()["code"], within.status_code) == (409, "slot_taken", 201)


async def test_a_hold_for_several_people_takes_several_places(api: Client) -> None:
    ask = {"service": "check-up", "start": START}

    together = await api.post("/api/v1/holds", json=ask | {"people": 2})
    alone = await api.post("/api/v1/holds", json=ask)

    assert (together.status_code, alone.status_code) == (201, 409)


@pytest.mark.parametrize(
    ("people", "code"), [(0, "out_of_range"), (4, "out_of_range"), ("2", "wrong_type"), (True, "wrong_type")]
)
async def test_no_more_people_than_the_service_takes(api: Client, people: Any, code: str) -> None:
    answer = await api.post("/api/v1/holds", json={"service": "check-up", "start": START, "people": people})

    assert (answer.status_code, answer.json()["fields"]) == (422, {"people": code})


@pytest.mark.parametrize("hold", ["", "unknown", "x" * 22])
async def test_a_hold_that_is_not_there_changes_nothing(book: Book, hold: str) -> None:
    assert (await book(hold=hold)).status_code == 201


async def test_a_taken_time_is_answered_with_the_nearest_others(api: Client, book: Book) -> None:
    await book(service="root-canal")

    answer = await book(service="root-canal")
    body = answer.json()

    assert (answer.status_code, body["code"], set(body["alternatives"][0])) == (
        409,
        "slot_taken",
        {"start", "end", "location", "practitioners"},
    )
    again = await book(service="root-canal", start=body["alternatives"][0]["start"])
    assert again.status_code == 201


async def test_a_move_to_a_taken_time_keeps_the_old_one(api: Client, book: Book) -> None:
    await book(service="root-canal", start=LATER)
    url = f"/api/v1/bookings/{token_of(await book(service='root-canal'))}"

    answer = await api.post(f"{url}/move", json={"start": LATER})

    assert (answer.status_code, answer.json()["code"], len(answer.json()["alternatives"]) > 0) == (
        409,
        "slot_taken",
        True,
    )
    assert (await api.get(url)).json()["start"] == START


@pytest.mark.parametrize("act", ["move", "cancel"])
async def test_an_older_version_is_refused(api: Client, book: Book, act: str) -> None:
    url = f"/api/v1/bookings/{token_of(await book())}"
    await api.post(f"{url}/move", json={"start": LATER})

    answer = await api.post(f"{url}/{act}", json={"start": START, "version": 1})

    assert (answer.status_code, answer.json()["code"]) == (409, "stale")
    assert (await api.get(url)).json()["start"] == LATER


@pytest.mark.parametrize("act", ["move", "cancel"])
async def test_the_last_day_is_too_late(api: Client, book: Book, clock: FrozenClock, act: str) -> None:
    url = f"/api/v1/bookings/{token_of(await book())}"
    clock.advance(days=1)

    answer = await api.post(f"{url}/{act}", json={"start": LATER})

    assert (answer.status_code, answer.json()["code"]) == (409, "too_late")
    assert (await api.get(url)).json()["can_cancel"] is False


@pytest.mark.parametrize("path", ["bookings", "holds"])
async def test_times_off_the_grid_closed_past_or_far_away_are_not_offered(api: Client, path: str) -> None:
    starts = (
        "2026-12-03T09:21:00+02:00",
        "2026-12-03T09:20:30+02:00",
        "2026-12-03T09:20:00.5+02:00",
        "2026-12-03T12:20:00+02:00",
        "2026-12-05T09:20:00+02:00",
        "2026-12-01T08:00:00+02:00",
        "2026-12-01T11:20:00+02:00",
        "2027-06-03T09:20:00+03:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:00-12:00",
        "2016-12-31T23:59:59Z",
    )
    before = await everything()

    answers = {start: await api.post(f"/api/v1/{path}", json=booking(start=start)) for start in starts}

    assert {start: (answer.status_code, answer.json()["code"]) for start, answer in answers.items()} == dict.fromkeys(
        starts, (422, "not_offered")
    )
    assert await everything() == before


async def test_without_a_location_the_first_that_has_the_time_is_taken(book: Book) -> None:
    acute = [(await book(service="acute", patient={"name": "A", "email": f"{n}@example.org"})).json() for n in range(3)]

    assert [(one["location"], one["practitioner"]) for one in acute][2] == ("hervanta", "omri")
    assert {one["location"] for one in acute[:2]} == {"keskusta"}


@pytest.mark.parametrize(
    "extra",
    [
        {"end": "2036-12-03T09:20:00+02:00"},
        {"duration": 99999, "minutes": -5, "buffer": 600},
        {"price": 0, "late_fee": 0},
        {"status": "done", "state": "done"},
        {"reference": "AAAA-AA", "version": 99, "id": 1, "public_id": "x", "link_no": 7},
        {"now": "2020-01-01T00:00:00+00:00", "door": "desk", "actor": "staff:1", "address": "127.0.0.1"},
    ],
)
async def test_what_a_client_may_not_decide_is_never_applied(api: Client, book: Book, extra: dict[str, Any]) -> None:
    made = await book(practitioner="sanna", patient=PATIENT | extra, **extra)

    assert (made.status_code, made.json()["end"]) == (201, "2026-12-03T09:50:00+02:00")
    stored = (await Booking.select())[0]
    assert (stored["state"], stored["version"], stored["door"], stored["link_no"]) == ("booked", 1, "api", 1)
    assert made.json()["reference"] != "AAAA-AA"
    assert [slot["start"][11:16] for slot in await slots(api) if "sanna" not in slot["practitioners"]] == [
        "09:00",
        "09:20",
        "09:40",
    ]


async def test_a_practitioner_who_does_not_do_the_service_is_refused(book: Book) -> None:
    answer = await book(practitioner="omri")

    assert (answer.status_code, answer.json()["fields"]) == (422, {"practitioner": "not_for_service"})


async def test_a_known_patient_is_answered_like_any_other(api: Client, book: Book) -> None:
    first = await book(patient={"name": "First Name", "email": "same@example.org"})
    second = await book(patient={"name": "Other Name", "email": "same@example.org"}, start=LATER)

    assert (first.status_code, second.status_code, set(first.json())) == (201, 201, set(second.json()))
    assert "First" not in second.text
    assert sorted(row["name"] for row in await Patient.select(Patient.name)) == ["First Name", "Other Name"]


async def test_a_token_opens_one_booking_only(api: Client, book: Book) -> None:
    mine, theirs = await book(), await book(start=LATER, patient={"name": "B", "email": "b@example.org"})
    before = await api.get(f"/api/v1/bookings/{token_of(theirs)}")

    await api.post(f"/api/v1/bookings/{token_of(mine)}/cancel", json={"id": 2, "token": token_of(theirs)})

    assert (await api.get(f"/api/v1/bookings/{token_of(theirs)}")).json() == before.json()


async def test_nothing_but_the_token_opens_a_booking(api: Client, book: Book) -> None:
    api.app.state.settings = replace(api.app.state.settings, limits="off")  # more wrong links than an hour has
    held = await api.post("/api/v1/holds", json={"service": "acute", "start": START})
    made = await book()
    wrong = (
        held.json()["hold"],
        made.json()["reference"],
        "A" * 22,
        token_of(made)[:-1],
        token_of(made) + "A",
        "%00" * 22,
    )
    before = await everything()

    for token in wrong:
        for method, act in (("GET", ""), ("POST", "/move"), ("POST", "/cancel"), ("POST", "/undo")):
            body = {"start": LATER} if act else None
            answer = await api.request(method, f"/api/v1/bookings/{token}{act}", json=body)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert await everything() == before


async def test_a_month_after_the_visit_its_link_leads_nowhere(api: Client, book: Book, clock: FrozenClock) -> None:
    url = f"/api/v1/bookings/{token_of(await book())}"

    clock.advance(days=31)  # the visit is on the second day from here
    assert (await api.get(url)).status_code == 200

    clock.advance(days=1)
    assert (await api.get(url)).status_code == 404


async def test_no_other_page_may_ask_a_browser_to_book(api: Client) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}

    answer = await api.request("OPTIONS", "/api/v1/bookings", headers=asked)

    assert [name for name in answer.headers if name.startswith("access-control")] == []


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_full_disk_is_503_and_frees_the_key(api: Client, book: Book) -> None:
    [(pages,)] = await fetch("PRAGMA page_count")
    await fetch(f"PRAGMA max_page_count = {pages}")
    full = [await book(key=f"{n}", start=f"2026-12-03T{n:02}:00:00+02:00", note="n" * 1000) for n in range(8, 12)]
    before = await everything()
    refused = full[-1]

    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, "unavailable", "5")

    await fetch("PRAGMA max_page_count = 1000000")
    assert await everything() == before
    again = await book(key="11", start="2026-12-03T11:00:00+02:00", note="n" * 1000)
    assert again.status_code == 201


async def test_two_bookings_share_nothing_predictable(book: Book) -> None:
    one, other = (await book()).json(), (await book(start=LATER)).json()

    for name in ("reference", "manage_url"):
        mine, theirs = one[name].rpartition("/")[2], other[name].rpartition("/")[2]
        assert sum(a == b for a, b in zip(mine, theirs, strict=True)) < len(mine) / 2


async def test_reading_an_act_changes_nothing(api: Client, book: Book) -> None:
    token = token_of(await book())
    overrides = {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "POST"}
    before = await everything()

    for method in ("GET", "HEAD"):
        for act in ("move", "cancel", "undo"):
            url = f"/api/v1/bookings/{token}/{act}?start={START}&_method=POST"
            answer = await api.request(method, url, headers=overrides)
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert await everything() == before


async def test_an_act_takes_nothing_from_its_query(api: Client, book: Book) -> None:
    token = token_of(await book())

    answer = await api.post(f"/api/v1/bookings/{token}/move?start={LATER.replace('+', '%2B')}")

    assert (answer.status_code, answer.json()["fields"]) == (422, {"start": "required"})
