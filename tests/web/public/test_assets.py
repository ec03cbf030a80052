"""Style sheet, scripts and icons: named by their content, small, and the files they claim to be."""

import hashlib
import json
import re

import pytest

from tests.factories import a_clinic
from tests.web.conftest import Client
from turnet.clinic import tables
from turnet.clinic.queries import load
from turnet.paths import STATIC, TEMPLATES
from turnet.web.kit import assets


def test_vendored_files_are_the_ones_that_were_published() -> None:
    vendored = json.loads((STATIC / "vendor" / "vendored.json").read_text())

    for name, entry in vendored.items():
        assert (name, hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest()) == (name, entry["sha256"])
    assert set(vendored) == {file.name for file in (STATIC / "vendor").glob("*.js")}


async def test_a_page_names_its_files_by_content_and_they_are_kept_for_good(client: Client) -> None:
    await a_clinic()
    page = (await client.get("/en/")).text

    urls = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page))
    assert len([url for url in urls if url.endswith(".css")]) == 1
    for url in urls:
        answer = await client.get(url)
        assert (url, answer.status_code) == (url, 200)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert hashlib.sha256(answer.content).hexdigest()[:12] in url


async def test_yesterdays_name_gives_todays_content_for_a_minute(client: Client) -> None:
    await a_clinic()

    old = await client.get("/static/turnet.000000000000.css")

    assert (old.status_code, old.headers["cache-control"]) == (200, "public, max-age=60")
    assert (await client.get("/static/tokens.css")).status_code == 404
    assert (await client.get("/static/..%2f..%2fpyproject.toml")).status_code == 404


async def test_the_clinics_colour_is_in_the_sheet_and_changes_its_name(client: Client) -> None:
    await a_clinic()
    before = assets.stylesheet((await load()).brand).url  # type: ignore[union-attr]

    await tables.Clinic.update({tables.Clinic.brand: "oklch(0.52 0.12 248)"}).where(tables.Clinic.id == 1)
    await tables.Diary.update({tables.Diary.setup_version: 99}).where(tables.Diary.id == 1)
    page = (await client.get("/en/privacy", headers={"Cookie": "turnet_hold=x"})).text

    [sheet] = re.findall(r'href="(/static/[^"]+\.css)"', page)
    assert sheet != before
    assert ":root{--brand:oklch(0.52 0.12 248)}" in (await client.get(sheet)).text


@pytest.mark.parametrize("colour", ["red;}body{display:none", "url(https://x)", "</style>", "", "#12", "expression(1)"])
def test_what_is_no_colour_never_reaches_the_sheet(colour: str) -> None:
    assert assets.stylesheet(colour).url == assets.stylesheet(assets.BRAND).url


async def test_pages_are_light(client: Client) -> None:
    await a_clinic()
    accept = {"Accept-Encoding": "br"}

    async def weight(url: str) -> int:
        async with client.stream("GET", url, headers=accept) as answer:
            return sum([len(chunk) async for chunk in answer.aiter_raw()])

    page = (await client.get("/en/book/check-up")).text
    files = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page))
    following = [
        await weight(url) for url in ("/en/book/check-up", "/en/book/acute", "/en/", "/en/book/check-up/2026-12-03")
    ]
    first = following[0] + sum([await weight(url) for url in files])

    assert first <= 60_000
    assert max(following) <= 12_000


def test_templates_hold_nothing_that_the_policy_forbids() -> None:
    """No inline script or style, no evaluated htmx attribute: they would not run."""
    forbidden = re.compile(
        r"""<style|\sstyle=|\son[a-z]+=|hx-on|js:|javascript:|<script(?![^>]*\bsrc=)|\|\s*safe\s*\}\}(?<!"\|safe\}\})"""
    )

    for file in (
        *TEMPLATES.glob("base.html"),
        *TEMPLATES.glob("_macros/*"),
        *TEMPLATES.glob("public/*"),
        *TEMPLATES.glob("errors/*"),
    ):
        found = forbidden.findall(file.read_text())
        assert (file.name, found) == (file.name, [])


def test_templates_quote_every_attribute_that_holds_a_value() -> None:
    unquoted = re.compile(r"\s[\w:-]+=\{\{")

    for file in TEMPLATES.rglob("*.html"):
        assert (file.name, unquoted.findall(file.read_text())) == (file.name, [])
