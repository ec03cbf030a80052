"""The circumstances of an act, as its request tells them."""

import pytest
from litestar import Litestar, get

from tests.web.conftest import Client
from turnet.booking.model import Act
from turnet.clock import FrozenClock
from turnet.web.kit.acting import act
from turnet.web.kit.htmx import AnyRequest

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
"""No database has a part in this."""


@pytest.fixture
def seen(app: Litestar) -> list[Act]:
    acts: list[Act] = []

    @get("/-/act")
    async def page(request: AnyRequest) -> None:
        acts.append(act(request, actor="patient", door="web"))

    app.register(page)
    return acts


async def _from(app: Litestar, address: str, **headers: str) -> None:
    async with Client(app, address=address) as client:
        await client.get("/-/act", headers=headers)


async def test_time_and_key_are_the_apps(client: Client, seen: list[Act], clock: FrozenClock) -> None:
    await client.get("/-/act")

    (found,) = seen
    assert (found.now, found.real, found.key, found.limited) == (clock.now(), clock.real(), b"k" * 32, True)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.10", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.9", "203.0.113.9", True),
        ("fe80::1%eth0", "fe80::2", True),
    ],
)
async def test_one_household_is_one_address(app: Litestar, seen: list[Act], one: str, other: str, same: bool) -> None:
    await _from(app, one)
    await _from(app, other)

    assert (seen[0].address == seen[1].address) is same
    assert "203" not in seen[0].address[:3] or len(seen[0].address) == 32


async def test_forwarded_headers_of_nobody_in_particular_are_not_believed(app: Litestar, seen: list[Act]) -> None:
    await _from(app, "127.0.0.1")
    await _from(app, "127.0.0.1", **{"X-Forwarded-For": "9.9.9.9", "X-Real-IP": "9.9.9.9", "Forwarded": "for=9.9.9.9"})

    assert seen[0].address == seen[1].address


@pytest.mark.parametrize(
    ("referer", "kept"),
    [
        ("https://www.search.example/find?q=tooth+ache&name=maija", "www.search.example"),
        ("http://127.0.0.1:8000/en/", ""),
        ("", ""),
        ("https://[broken", ""),
        ("https://" + "a" * 300 + ".example/", "a" * 120),
    ],
)
async def test_referrer_is_a_host_and_never_our_own(app: Litestar, seen: list[Act], referer: str, kept: str) -> None:
    await _from(app, "203.0.113.9", Referer=referer)

    assert seen[0].referrer == kept
