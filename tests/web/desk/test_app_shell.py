"""The desk as an app: what it installs with, and that nothing of a patient could ever lie on the device."""

import json
import re
import zlib

import pytest
from litestar import Litestar

from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.desk.conftest import Signs
from turnet.clinic.tables import Clinic as ClinicRow
from turnet.db.transactions import fetch, tx

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
"""No database has a part in this."""


async def test_manifest_names_the_clinic_in_the_readers_language(client: Client) -> None:
    await a_clinic()

    answer = await client.get("/desk/manifest.webmanifest?lang=he")

    said = answer.json()
    assert answer.headers["content-type"] == "application/manifest+json"
    assert (said["short_name"], said["lang"], said["dir"]) == ("מרפאת תומי", "he", "rtl")
    assert (said["id"], said["start_url"], said["scope"], said["display"]) == ("/desk", "/desk", "/", "standalone")
    assert said["theme_color"] == "#14603c"


async def test_icons_of_the_manifest_are_there_in_their_size_and_the_clinics_colour(client: Client) -> None:
    await a_clinic()
    await _painted_blue()

    icons = (await client.get("/desk/manifest.webmanifest")).json()["icons"]

    assert {(icon["sizes"], icon["purpose"]) for icon in icons} == {
        (size, purpose) for size in ("192x192", "512x512") for purpose in ("any", "maskable")
    }
    for icon in icons:
        answer = await client.get(icon["src"])
        size = int(icon["sizes"].partition("x")[0])
        assert answer.headers["content-type"] == "image/png"
        pixels = _pixels(answer.content, size)
        assert pixels[size // 8][size // 2] == (0x0A, 0x58, 0xCA, 255)
        assert pixels[size // 2][size // 2] == (255, 255, 255, 255)
        assert pixels[0][0][3] == (255 if icon["purpose"] == "maskable" else 0)


async def _painted_blue() -> None:
    async with tx():
        await ClinicRow.update({ClinicRow.brand: "#0a58ca"}, force=True)
        await fetch("UPDATE diary SET setup_version = setup_version + 1 WHERE id = 1")


def _pixels(png: bytes, size: int) -> list[list[tuple[int, ...]]]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    length = int.from_bytes(png[33:37])
    raw = zlib.decompress(png[41 : 41 + length])
    rows = [raw[n * (size * 4 + 1) + 1 : (n + 1) * (size * 4 + 1)] for n in range(size)]
    return [[tuple(row[x * 4 : x * 4 + 4]) for x in range(size)] for row in rows]


@pytest.mark.parametrize("name", ["100.png", "192.svg", "192-whole.png.png", "1920.png"])
async def test_other_icon_is_not_drawn(client: Client, name: str) -> None:
    await a_clinic()

    assert (await client.get(f"/desk/icons/{name}")).status_code == 404


def _kept(program: str) -> list[str]:
    found = re.search(r"^const SHELL = (\[.*\]);$", program, re.MULTILINE)
    assert found is not None
    kept: list[str] = json.loads(found[1])
    return kept


async def test_worker_may_keep_the_whole_desks_shell_and_nothing_else(client: Client) -> None:
    await a_clinic()

    answer = await client.get("/desk/sw.js?lang=fi")

    kept = _kept(answer.text)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["service-worker-allowed"] == "/desk"
    assert kept[0] == "/desk/offline?lang=fi"
    assert [path for path in kept[1:] if not re.fullmatch(r"/static/[\w.-]+\.[0-9a-f]{12}\.(css|js|svg)", path)] == []
    assert [(await client.get(path)).status_code for path in kept] == [200] * len(kept)


async def test_worker_is_another_one_when_the_colour_changes(client: Client) -> None:
    await a_clinic()
    before = (await client.get("/desk/sw.js")).text

    await _painted_blue()

    after = (await client.get("/desk/sw.js")).text
    assert (_name(before) != _name(after), _kept(before) != _kept(after)) == (True, True)


def _name(program: str) -> str:
    return program.partition("\n")[0]


async def test_page_without_a_line_is_about_nobody_and_needs_no_session(client: Client) -> None:
    await a_clinic()

    answer = await client.get("/desk/offline?lang=he")

    assert answer.status_code == 200
    assert '<html lang="he" dir="rtl">' in answer.text
    assert "<script" not in answer.text


@pytest.mark.parametrize("path", ["/desk/manifest.webmanifest", "/desk/sw.js", "/desk/offline", "/desk/icons/192.png"])
async def test_shell_is_kept_by_nobody_on_the_way(client: Client, path: str) -> None:
    await a_clinic()

    assert (await client.get(path)).headers["cache-control"] == "no-store"


async def test_every_staff_page_can_be_installed_and_knows_its_moment(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    stamp = (await desk.get("/desk/live")).text

    page = (await desk.get("/desk")).text

    assert '<link rel="manifest" href="/desk/manifest.webmanifest?lang=en">' in page
    assert f'data-since="{stamp}"' in page
