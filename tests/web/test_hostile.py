"""What nobody decent sends: links tried one after the other, caches misled, rubbish where a time or a name belongs."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from litestar import Litestar

from tests.factories import a_clinic
from tests.web.api.conftest import PATIENT, START, booking, everything, token_of
from tests.web.conftest import Client
from turnet.booking.links import MISSES_AN_HOUR
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.settings import Settings

STRANGER = "198.51.100.7"
NOBODYS = "A" * 22
PAGE = "/en/book/check-up/at/20261203T0720Z?at=keskusta"
MIXED = "xx-YY;q=0.5," * 30


@pytest.fixture
def clinic(app: Litestar, loop: asyncio.Runner) -> Clinic:
    return loop.run(a_clinic())


@pytest.fixture
def stranger(app: Litestar, clinic: Clinic, loop: asyncio.Runner) -> Iterator[Client]:
    """Somebody at another address than `client`."""
    other = Client(app, address=STRANGER)
    yield other
    loop.run(other.aclose())


async def _booked(client: Client) -> str:
    return token_of(await client.post("/api/v1/bookings", json=booking()))


async def _statuses(client: Client, path: str, times: int) -> list[int]:
    return [(await client.get(path)).status_code for _ in range(times)]


# --- links that lead nowhere


@pytest.mark.parametrize("path", ["/a/{}", "/a/{}.ics", "/a/{}/move", "/f/{}", "/api/v1/bookings/{}"])
async def test_after_twenty_wrong_links_an_address_is_asked_to_wait(stranger: Client, path: str) -> None:
    found = await _statuses(stranger, path.format(NOBODYS), MISSES_AN_HOUR + 2)

    assert found == [404] * MISSES_AN_HOUR + [429] * 2


async def test_page_and_api_count_together(stranger: Client) -> None:
    await _statuses(stranger, f"/a/{NOBODYS}", MISSES_AN_HOUR)

    answer = await stranger.get(f"/api/v1/bookings/{NOBODYS}")

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many")


async def test_acts_on_wrong_links_count_too(stranger: Client) -> None:
    found = [(await stranger.post(f"/a/{NOBODYS}/cancel")).status_code for _ in range(MISSES_AN_HOUR + 1)]

    assert found == [404] * MISSES_AN_HOUR + [429]


async def test_a_link_that_leads_somewhere_is_never_refused(client: Client, stranger: Client) -> None:
    token = await _booked(client)
    await _statuses(stranger, f"/a/{NOBODYS}", MISSES_AN_HOUR + 1)

    assert await _statuses(stranger, f"/a/{token}", 2) == [200, 200]
    assert await _statuses(stranger, f"/api/v1/bookings/{token}", 2) == [200, 200]


async def test_other_addresses_are_not_counted_together(client: Client, stranger: Client) -> None:
    await _statuses(stranger, f"/a/{NOBODYS}", MISSES_AN_HOUR + 1)

    assert await _statuses(client, f"/a/{NOBODYS}", 1) == [404]


async def test_a_forwarded_header_makes_no_other_address(stranger: Client) -> None:
    await _statuses(stranger, f"/a/{NOBODYS}", MISSES_AN_HOUR)

    answer = await stranger.get(f"/a/{NOBODYS}", headers={"X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.1"})

    assert answer.status_code == 429


async def test_an_hour_later_it_may_try_again(stranger: Client, clock: FrozenClock) -> None:
    await _statuses(stranger, f"/a/{NOBODYS}", MISSES_AN_HOUR + 1)

    clock.advance(hours=1)

    assert await _statuses(stranger, f"/a/{NOBODYS}", 1) == [404]


async def test_a_link_that_has_outlived_its_visit_looks_like_one_that_never_was(
    client: Client, stranger: Client, clock: FrozenClock
) -> None:
    token = await _booked(client)
    clock.advance(days=33)

    assert await _statuses(stranger, f"/a/{token}", MISSES_AN_HOUR + 1) == [404] * MISSES_AN_HOUR + [429]


async def test_without_limits_nobody_is_asked_to_wait(app: Litestar, stranger: Client, settings: Settings) -> None:
    app.state.settings = replace(settings, limits="off")

    assert await _statuses(stranger, f"/a/{NOBODYS}", MISSES_AN_HOUR + 1) == [404] * (MISSES_AN_HOUR + 1)


async def test_wrong_links_change_nothing_but_the_count(stranger: Client) -> None:
    before = await everything()

    await _statuses(stranger, f"/a/{NOBODYS}", 3)

    assert await everything() == before


# --- caches


@pytest.mark.parametrize("path", ["/api/v1/services", "/api/v1/practitioners", "/api/v1/clinic"])
async def test_a_long_language_header_gets_nobody_elses_language(client: Client, clinic: Clinic, path: str) -> None:
    finnish = await client.get(path, headers={"Accept-Language": MIXED + "fi"})
    hebrew = await client.get(path, headers={"Accept-Language": MIXED + "he"})

    assert (finnish.headers["content-language"], hebrew.headers["content-language"]) == ("fi", "he")


@pytest.mark.parametrize("path", ["/en/book/check-up", "/en/", "/en/book/check-up/2026-12-03"])
async def test_the_page_of_somebody_who_holds_a_time_is_kept_by_nobody(
    client: Client, clinic: Clinic, path: str
) -> None:
    hers = await client.get(path, headers={"Cookie": f"turnet_hold={'h' * 22}"})
    everybodys = await client.get(path)

    assert (hers.headers["cache-control"], "etag" in hers.headers) == ("private, no-cache", False)
    assert everybodys.headers["cache-control"] == "no-cache"


# --- bodies and fields


async def test_a_booking_for_several_people_is_refused_rather_than_made_for_one(client: Client, clinic: Clinic) -> None:
    before = await everything()

    answer = await client.post("/api/v1/bookings", json=booking(people=2))

    assert (answer.status_code, answer.json()["fields"]) == (422, {"people": "out_of_range"})
    assert await everything() == before


NAMES = {
    "a header break": "Aino\r\nBcc: all@evil.example",
    "a zero byte": "Aino\x00",
    "a direction override": "Aino\u202egnp.exe",
    "an isolate": "Aino\u2066",
    "a lone joiner": "A\u200dB",
    "markup": "<b>Aino</b>",
    "a template": "{{7*7}}",
    "a link": "[Pay](https://evil.example)",
    "a formula": "=1+1",
    "a line separator": "Aino\u2028Virtanen",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
async def test_a_name_that_could_steer_something_is_refused_on_both_doors(
    client: Client, clinic: Clinic, name: str
) -> None:
    form = {"name": name, "email": "aino@example.org", "for": "me"}

    by_api = await client.post("/api/v1/bookings", json=booking(patient=PATIENT | {"name": name}))
    by_page = await client.post(PAGE, data=form)

    assert (by_api.status_code, by_page.status_code) == (422, 422)
    assert by_api.json()["fields"] == {"patient.name": "characters"}


FOREIGN: list[dict[str, Any]] = [
    {"end": "2036-12-03T09:50:00+02:00"},
    {"minutes": -30, "duration": 100_000},
    {"status": "done", "id": 1, "price": 0},
    {"room": "room-2", "lane": 7},
]


@pytest.mark.parametrize("more", FOREIGN, ids=lambda more: ", ".join(more))
async def test_length_state_and_price_are_never_the_clients(
    client: Client, clinic: Clinic, more: dict[str, Any]
) -> None:
    made = (await client.post("/api/v1/bookings", json=booking() | more)).json()
    kept = (await client.get(f"/api/v1/bookings/{made['manage_url'].rpartition('/')[2]}")).json()

    assert (kept["start"], kept["end"], kept["status"]) == (START, "2026-12-03T09:50:00+02:00", "booked")
