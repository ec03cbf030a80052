"""A secret address for one device: one person's own diary, as much of it as they chose, until they take it back."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from litestar import Litestar

from tests.db.booking.acts import ANNA, an_act
from tests.factories import a_clinic, at
from tests.web.conftest import Client
from tests.web.desk.conftest import Signs
from turnet.booking import links, service
from turnet.booking.model import Person, Visit, Wish
from turnet.clinic.model import Clinic
from turnet.clinic.tables import Clinic as ClinicRow
from turnet.db.engine import bound
from turnet.db.transactions import fetch, tx
from turnet.staff.tables import CalendarFeed, StaffUser

NINE = "2026-12-03T09:00+02:00"


async def _desk_of(signs_in: Signs, clinic: Clinic, name: str = "sanna", **more: Any) -> Client:
    practitioner = clinic.practitioners[name].row
    who = {"role": "practitioner", "name": name.title(), "practitioner": practitioner, "email": f"{name}@tuomi.example"}
    return await signs_in(**who | {"public_id": f"{name:_<22}"} | more)


async def _booked(
    desk: Client, clinic: Clinic, when: str = NINE, *, who: str = "sanna", person: Person = ANNA
) -> Visit:
    wish = Wish(clinic.services["check-up"].id, at(when), practitioner=clinic.practitioners[who].id)
    return (await service.book(an_act(desk.clock), clinic, wish, person, once="")).visit


async def _made(desk: Client, scope: str = "initials", label: str = "My telephone") -> str:
    """Path of a new address."""
    answer = await desk.post("/desk/me/feeds", data={"scope": scope, "label": label})
    found = re.search(r"/cal/[\w-]{43}\.ics", answer.text)
    assert (answer.status_code, found is not None) == (200, True)
    assert found is not None
    return found[0]


def _events(body: bytes) -> list[Any]:
    return list(Calendar.from_ical(body).walk("VEVENT"))


async def test_address_shows_the_coming_visit(signs_in: Signs, client: Client) -> None:
    clinic = await a_clinic()
    desk = await _desk_of(signs_in, clinic)
    visit = await _booked(desk, clinic)

    answer = await client.get(await _made(desk))

    [event] = _events(answer.content)
    assert answer.headers["content-type"] == "text/calendar; method=PUBLISH; charset=utf-8"
    assert (event["uid"], event["dtstart"].dt, event["dtend"].dt) == (
        f"desk-{visit.public_id}@turnet", visit.starts_at, visit.ends_at,
    )  # fmt: skip
    assert (event["status"], event["class"], event["sequence"]) == ("CONFIRMED", "PRIVATE", 0)
    assert event["dtstamp"].dt == visit.updated_at.replace(microsecond=0)


@pytest.mark.parametrize(
    ("scope", "title", "place"),
    [("busy", "Busy", None), ("initials", "A. V.", "Keskusta, 1"), ("full", "Anna Virtanen", "Keskusta, 1")],
)
async def test_scope_decides_what_stands_there(
    signs_in: Signs, client: Client, scope: str, title: str, place: str | None
) -> None:
    clinic = await a_clinic()
    desk = await _desk_of(signs_in, clinic)
    visit = await _booked(desk, clinic, person=Person("Anna Virtanen", phone="+358401234567", note="afraid of needles"))

    answer = await client.get(await _made(desk, scope))

    [event] = _events(answer.content)
    told = answer.text.replace("\r\n ", "")
    assert (event["summary"], event.get("location")) == (title, place)
    assert ("Virtanen" in told, "Check-up" in told, "+358 40 1234567" in told, visit.reference in told) == (
        (scope == "full",) * 4
    )
    assert ("needles" in told, "/a/" in told, "Check-up" in str(event["summary"])) == (False, False, False)


async def test_nobody_elses_diary_stands_there(signs_in: Signs, client: Client) -> None:
    clinic = await a_clinic()
    desk = await _desk_of(signs_in, clinic)
    await _booked(desk, clinic, who="pekka")

    assert _events((await client.get(await _made(desk))).content) == []


async def test_same_diary_is_the_same_bytes_and_is_not_sent_twice(signs_in: Signs, client: Client) -> None:
    clinic = await a_clinic()
    desk = await _desk_of(signs_in, clinic)
    for hour in range(9, 12):
        await _booked(
            desk, clinic, f"2026-12-03T{hour:02}:00+02:00", person=Person("Anna", phone=f"+35840123450{hour % 9}")
        )
    path = await _made(desk)

    first, second = await client.get(path), await client.get(path)
    third = await client.get(path, headers={"If-None-Match": first.headers["etag"]})

    assert first.content == second.content
    assert (third.status_code, third.content, third.headers["etag"]) == (304, b"", first.headers["etag"])
    assert re.fullmatch(r'"[0-9a-f]{32}"', first.headers["etag"])


async def test_changed_diary_is_sent_again(signs_in: Signs, client: Client) -> None:
    clinic = await a_clinic()
    desk = await _desk_of(signs_in, clinic)
    visit = await _booked(desk, clinic)
    path = await _made(desk)
    before = await client.get(path)

    await service.cancel(an_act(desk.clock), clinic, visit.id)

    after = await client.get(path, headers={"If-None-Match": before.headers["etag"]})
    [event] = _events(after.content)
    assert (after.status_code, event["status"], event["transp"]) == (200, "CANCELLED", "TRANSPARENT")


async def test_each_encoding_has_its_own_name(signs_in: Signs, client: Client) -> None:
    clinic = await a_clinic()
    desk = await _desk_of(signs_in, clinic)
    await _booked(desk, clinic)
    path = await _made(desk)

    plain, pressed = await client.get(path), await client.get(path, headers={"Accept-Encoding": "gzip"})
    again = await client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": pressed.headers["etag"]})

    assert pressed.headers["content-encoding"] == "gzip"
    assert (pressed.content, again.status_code) == (plain.content, 304)
    assert pressed.headers["etag"] == f'{plain.headers["etag"][:-1]}-gzip"'


async def test_cancelled_visit_leaves_after_thirty_days_and_others_leave_the_window(
    signs_in: Signs, client: Client
) -> None:
    clinic = await a_clinic()
    desk = await _desk_of(signs_in, clinic)
    gone = await _booked(desk, clinic, "2027-01-07T09:00+02:00")
    stays = await _booked(desk, clinic, "2027-01-07T11:00+02:00")
    await service.cancel(an_act(desk.clock), clinic, gone.id)
    path = await _made(desk)

    both = [event["status"] for event in _events((await client.get(path)).content)]
    desk.clock.at += timedelta(days=31)
    one = [event["uid"] for event in _events((await client.get(path)).content)]
    desk.clock.at = stays.starts_at + timedelta(days=31)

    assert (sorted(both), one) == (["CANCELLED", "CONFIRMED"], [f"desk-{stays.public_id}@turnet"])
    assert _events((await client.get(path)).content) == []


async def test_feed_is_secret_on_the_way(signs_in: Signs, client: Client) -> None:
    clinic = await a_clinic()

    headers = (await client.get(await _made(await _desk_of(signs_in, clinic)))).headers

    assert (headers["cache-control"], headers["referrer-policy"], headers["x-robots-tag"]) == (
        "private, no-cache", "no-referrer", "noindex, nofollow",
    )  # fmt: skip


async def test_last_use_is_shown_to_the_hour(signs_in: Signs, client: Client) -> None:
    clinic = await a_clinic()
    desk = await _desk_of(signs_in, clinic)
    path = await _made(desk)
    assert "Not used yet" in (await desk.get("/desk/me/feeds")).text

    await client.get(path)
    first = await CalendarFeed.select(CalendarFeed.used_at).first()
    desk.clock.at += timedelta(minutes=59)
    await client.get(path)

    assert (
        await CalendarFeed.select(CalendarFeed.used_at).first()
        == first
        == {"used_at": datetime(2026, 12, 1, 8, 42, tzinfo=UTC)}
    )
    assert "Last used Tue 1 Dec at 10:42" in (await desk.get("/desk/me/feeds")).text


async def test_revoked_address_leads_nowhere(signs_in: Signs, client: Client, partial: bool) -> None:
    clinic = await a_clinic()
    desk = await _desk_of(signs_in, clinic)
    path = await _made(desk)
    [(id,)] = await fetch("SELECT public_id FROM calendar_feed")

    answer = await desk.post(f"/desk/me/feeds/{id}/revoke", partial=partial)

    assert answer.headers["hx-redirect" if partial else "location"] == "/desk/me/feeds?revoked"
    assert (await client.get(path)).status_code == 404
    assert "leads nowhere" in (await desk.get("/desk/me/feeds?revoked")).text
    assert [row[0] for row in await fetch("SELECT act FROM audit_entry WHERE act LIKE 'feed%' ORDER BY id")] == [
        "feed_made", "feed_revoked",
    ]  # fmt: skip


async def test_address_dies_with_its_account_and_with_its_diary(signs_in: Signs, client: Client, app: Litestar) -> None:
    clinic = await a_clinic()
    path = await _made(await _desk_of(signs_in, clinic))

    await StaffUser.update({StaffUser.disabled_at: app.state.clock.real()}, force=True)
    disabled = (await client.get(path)).status_code
    await StaffUser.update({StaffUser.disabled_at: None}, force=True)
    again = (await client.get(path)).status_code
    await StaffUser.update({StaffUser.practitioner: None}, force=True)

    assert (disabled, again, (await client.get(path)).status_code) == (404, 200, 404)


async def test_somebody_elses_address_cannot_be_revoked(signs_in: Signs, client: Client) -> None:
    clinic = await a_clinic()
    sanna, pekka = await _desk_of(signs_in, clinic), await _desk_of(signs_in, clinic, "pekka")
    path = await _made(sanna)
    [(id,)] = await fetch("SELECT public_id FROM calendar_feed")

    assert (await pekka.post(f"/desk/me/feeds/{id}/revoke")).status_code == 404
    assert (await pekka.get("/desk/me/feeds")).text.count("My telephone") == 0
    assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize("name", ["x.ics", "a" * 43 + ".ics", "a" * 43, "%00.ics", "..ics"])
async def test_guessed_address_is_like_a_lost_link(client: Client, name: str) -> None:
    await a_clinic()

    answers = [await client.get(f"/cal/{name}") for _ in range(links.MISSES_AN_HOUR + 1)]

    assert [answer.status_code for answer in answers] == [404] * links.MISSES_AN_HOUR + [429]


async def test_guesses_of_others_do_not_hold_back_a_good_address(signs_in: Signs, client: Client) -> None:
    clinic = await a_clinic()
    path = await _made(await _desk_of(signs_in, clinic))
    for _ in range(links.MISSES_AN_HOUR + 1):
        await client.get("/cal/x.ics")

    assert (await client.get(path)).status_code == 200


async def test_secret_is_stored_nowhere(signs_in: Signs) -> None:
    clinic = await a_clinic()
    path = await _made(await _desk_of(signs_in, clinic))
    token = path.removeprefix("/cal/").removesuffix(".ics")

    stored = [str(row) for table in ("calendar_feed", "audit_entry") for row in await fetch(f"SELECT * FROM {table}")]

    assert [row for row in stored if token in row] == []


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"scope": "full", "label": "  "}, "Write which device it is for."),
        ({"scope": "full", "label": "x" * 61}, "Write which device it is for."),
        ({"scope": "all", "label": "Mine"}, "Choose how much it shows."),
        ({"label": "Mine"}, "Choose how much it shows."),
    ],
)
async def test_what_is_missing_stands_beside_the_field(
    signs_in: Signs, partial: bool, form: dict[str, str], said: str
) -> None:
    clinic = await a_clinic()
    desk = await _desk_of(signs_in, clinic)

    answer = await desk.post("/desk/me/feeds", data=form, partial=partial)

    assert (answer.status_code, said in answer.text, await fetch("SELECT 1 FROM calendar_feed")) == (422, True, [])


async def test_account_without_a_diary_has_nothing_to_show(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in("reception")

    page = await desk.get("/desk/me/feeds")
    answer = await desk.post("/desk/me/feeds", data={"scope": "busy", "label": "Mine"})

    assert ("no diary of its own" in page.text, answer.status_code) == (True, 409)


async def test_password_is_asked_when_it_was_given_long_ago(signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await _desk_of(signs_in, clinic)
    await fetch(
        "UPDATE staff_session SET proven_at = {} WHERE id > 0 RETURNING id", desk.clock.at - timedelta(minutes=16)
    )

    answer = await desk.post("/desk/me/feeds", data={"scope": "busy", "label": "Mine", "current": "not it"})

    assert (answer.status_code, await fetch("SELECT 1 FROM calendar_feed")) == (422, [])


async def test_hostile_names_stay_within_their_line(signs_in: Signs, client: Client) -> None:
    clinic = await a_clinic()
    desk = await _desk_of(signs_in, clinic)
    name = "Bobby; \\n,END:VEVENT 🦷 אנה-מריה ו־" + "ä" * 60
    await _booked(desk, clinic, person=Person(name, phone="+358401234567"))
    async with tx():
        await ClinicRow.update({ClinicRow.name: '{"en": "Tuomi \\"Dental\\"\\r\\nX-EVIL: 1"}'}, force=True)
        await fetch("UPDATE diary SET setup_version = setup_version + 1 WHERE id = 1")

    body = (await client.get(await _made(desk, "full"))).content

    [event] = _events(body)
    assert str(event["summary"]) == name
    assert max(len(line) for line in body.split(b"\r\n")) <= 75
    assert [line for line in body.decode().split("\r\n") if line.startswith("X-EVIL")] == []


async def test_feed_costs_two_queries_however_many_visits(
    signs_in: Signs, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = await a_clinic()
    desk = await _desk_of(signs_in, clinic)
    path = await _made(desk)
    for hour in range(9, 12):
        await _booked(
            desk, clinic, f"2026-12-03T{hour:02}:00+02:00", person=Person("Anna", phone=f"+35840123450{hour % 9}")
        )
    for _ in range(2):
        await client.get(path)

    asked: list[str] = []
    fetched = type(bound()).fetch

    async def counted(self: object, sql: str, args: object) -> object:
        asked.append(sql)
        return await fetched(self, sql, args)  # type: ignore[arg-type]

    monkeypatch.setattr(type(bound()), "fetch", counted)
    await client.get(path)

    assert len(asked) == 2
