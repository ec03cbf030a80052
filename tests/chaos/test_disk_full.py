"""A database that cannot grow any more: what was answered stays, nothing new is taken, reading goes on.

Then a real, small disk: while it is nearly full, visits can still be changed, and even when it is full.
"""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.conftest import missing
from tests.factories import a_clinic
from tests.web.conftest import Client, Running
from turnet.app import create_app
from turnet.clock import FrozenClock
from turnet.db import disk
from turnet.db.engine import LiteEngine, bound
from turnet.db.transactions import fetch
from turnet.settings import Settings

pytestmark = pytest.mark.slow

PHONE = "+35830000116"
CALL_US = f"tel:{PHONE}"
PAGE = "/en/book/check-up/at/20261203T0720Z?at=keskusta"
TIMES = "/api/v1/slots?service=check-up&from=2026-12-04&to=2027-01-15"
LONG = "What hurts and since when. " * 35
"""So that every booking needs pages of its own."""


class Clinic(Client):
    """Its own database, and a hand on its size."""

    async def may_grow(self, pages: int) -> None:
        """By so many pages of 4 kB from what there is now."""
        engine = bound()
        assert isinstance(engine, LiteEngine)
        writer = await engine.take(reads_only=False)
        try:
            [(now,)] = await writer.tuples("PRAGMA page_count")
            [(most,)] = await writer.tuples(f"PRAGMA max_page_count = {now + pages}")
        finally:
            await engine.give_back(writer, reads_only=False, clean=True)
        assert most == now + pages

    async def times(self) -> list[str]:
        return [slot["start"] for slot in (await self.get(TIMES)).json()["slots"]]

    async def book(self, start: str, number: int) -> httpx.Response:
        patient = {"name": "Aino Virtanen", "email": f"aino{number}@example.org"}
        body = {"service": "check-up", "start": start, "patient": patient, "note": LONG}
        return await self.post("/api/v1/bookings", json=body, headers={"Idempotency-Key": f"key-{number}"})

    async def book_by_page(self) -> httpx.Response:
        form = {"name": "Eeva Mäkelä", "email": "eeva@example.org", "for": "me", "note": LONG, "once": "o" * 22}
        return await self.post(PAGE, data=form)

    async def fill(self) -> list[str]:
        """Books until nothing more fits; the references of what was answered with 201."""
        await self.may_grow(10)
        made: list[str] = []
        for number, start in enumerate(await self.times()):
            answer = await self.book(start, number)
            if answer.status_code != 201:
                assert answer.status_code == 503
                return made
            made.append(answer.json()["reference"])
        raise AssertionError("the database never became full")


@contextmanager
def serving(folder: Path, template: Path, clock: FrozenClock, loop: asyncio.Runner) -> Iterator[Clinic]:
    (folder / "secret.key").write_bytes(b"k" * 32)
    (folder / "turnet.db").write_bytes(template.read_bytes())
    settings = replace(Settings(data=folder), limits="off")
    running = Running(create_app(settings, clock=clock, worker=False))
    loop.run(running.start())
    loop.run(a_clinic())
    client = Clinic(running.app)
    yield client
    loop.run(client.aclose())
    loop.run(running.stop())


@pytest.fixture
def clinic(sqlite_template: Path, tmp_path: Path, clock: FrozenClock, loop: asyncio.Runner) -> Iterator[Clinic]:
    with serving(tmp_path, sqlite_template, clock, loop) as clinic:
        yield clinic


async def test_what_was_answered_is_there_and_what_was_refused_left_nothing(clinic: Clinic) -> None:
    made = await clinic.fill()

    visits = [reference for (reference,) in await fetch("SELECT reference FROM booking ORDER BY id")]
    [(claims, patients, confirmations)] = await fetch(
        "SELECT (SELECT count(*) FROM claim), (SELECT count(*) FROM patient), "
        "(SELECT count(*) FROM message WHERE kind = 'booking_confirmed')"
    )
    assert len(made) > 0
    assert visits == made
    assert (claims, patients, confirmations) == (len(made),) * 3
    assert await fetch("PRAGMA integrity_check") == [("ok",)]


async def test_the_api_says_unavailable_and_when_to_come_again(clinic: Clinic) -> None:
    await clinic.fill()

    answer = await clinic.book((await clinic.times())[0], 9999)

    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert (answer.json()["code"], answer.headers["retry-after"]) == ("unavailable", "5")


async def test_the_log_says_why_and_not_for_whom(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    await clinic.fill()
    caplog.clear()

    await clinic.book((await clinic.times())[0], 9999)

    assert [record.getMessage() for record in caplog.records] == ["database unavailable"]
    assert "database or disk is full" in caplog.text
    assert "aino9999" not in caplog.text


async def test_the_page_keeps_what_was_typed_and_says_whom_to_call(clinic: Clinic) -> None:
    await clinic.fill()
    await clinic.get("/en/")

    answer = await clinic.book_by_page()

    assert answer.status_code == 503
    assert "eeva@example.org" in answer.text
    assert LONG.strip() in answer.text
    assert CALL_US in answer.text


async def test_reading_goes_on(clinic: Clinic) -> None:
    await clinic.fill()

    paths = ["/en/", "/en/book/check-up", PAGE, TIMES, "/api/v1/clinic", "/up", "/ready"]
    assert {path: (await clinic.get(path)).status_code for path in paths} == dict.fromkeys(paths, 200)


async def test_a_wrong_link_is_still_just_not_there(clinic: Clinic) -> None:
    await clinic.fill()
    clinic.app.state.settings = replace(clinic.app.state.settings, limits="on")

    assert (await clinic.get(f"/a/{'A' * 22}")).status_code == 404


async def test_it_stops_cleanly(clinic: Clinic) -> None:
    await clinic.fill()

    await bound().close_connection_pool()

    assert await fetch("PRAGMA integrity_check") == [("ok",)]


async def test_a_refused_key_books_once_there_is_room_again(clinic: Clinic) -> None:
    made = await clinic.fill()
    start = (await clinic.times())[0]
    await clinic.book(start, 9999)

    await clinic.may_grow(10_000)
    first, again = await clinic.book(start, 9999), await clinic.book(start, 9999)

    assert (first.status_code, again.content) == (201, first.content)
    assert await fetch("SELECT count(*) FROM booking") == [(len(made) + 1,)]


async def test_control_with_room_both_doors_book(clinic: Clinic) -> None:
    by_api, by_page = await clinic.book((await clinic.times())[0], 1), await clinic.book_by_page()

    assert (by_api.status_code, by_page.status_code) == (201, 303)


# --- a real, small disk


class SmallDisk:
    """48 MB that are the data directory's alone."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ballast = folder, folder / "ballast"

    async def fill(self) -> None:
        """To the last byte, the database's log having been folded in: whatever is written now needs new room."""
        await fetch("PRAGMA wal_checkpoint(TRUNCATE)")
        with (self.folder / "film.mp4").open("wb", buffering=0) as film:
            piece = bytes(1 << 20)
            while piece:
                try:
                    film.write(piece)
                except OSError:
                    piece = piece[: len(piece) // 2]
        assert disk.free(self.folder) < 4096


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        missing("the right to mount a small disk")
    yield SmallDisk(folder)
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def squeezed(
    small_disk: SmallDisk, sqlite_template: Path, clock: FrozenClock, loop: asyncio.Runner
) -> Iterator[Clinic]:
    """Less than 200 MB are free from the beginning."""
    with serving(small_disk.folder, sqlite_template, clock, loop) as clinic:
        yield clinic


@contextmanager
def while_there_was_room() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr(disk, "RESERVED", 0)
        earlier.setattr(disk, "PLENTY", 0)
        yield


async def a_visit(clinic: Clinic) -> str:
    """The link of a visit that was booked while there was room."""
    with while_there_was_room():
        booked = await clinic.book((await clinic.times())[0], 1)
    assert booked.status_code == 201
    return str(booked.json()["manage_url"]).rpartition("/")[2]


async def act(clinic: Clinic, token: str, name: str, **body: str) -> tuple[int, str]:
    """(answer, what the visit then is)"""
    answer = await clinic.post(f"/api/v1/bookings/{token}/{name}", json=body)
    return answer.status_code, (await clinic.get(f"/api/v1/bookings/{token}")).json()["status"]


async def test_nearly_full_disk_takes_no_new_visits(squeezed: Clinic) -> None:
    await squeezed.get("/en/")
    start = (await squeezed.times())[0]

    by_api, by_page = await squeezed.book(start, 1), await squeezed.book_by_page()
    kept = await squeezed.post("/api/v1/holds", json={"service": "check-up", "start": start})
    kept_by_page = await squeezed.post(PAGE.replace("?", "/hold?"), data={"name": "Eeva Mäkelä", "for": "me"})

    assert [one.status_code for one in (by_api, by_page, kept, kept_by_page)] == [503] * 4
    assert (by_api.json()["code"], by_api.json()["phone"], kept.json()["phone"]) == ("unavailable", PHONE, PHONE)
    assert [CALL_US in page.text for page in (by_page, kept_by_page)] == [True, True]
    assert ("eeva@example.org" in by_page.text, LONG.strip() in by_page.text) == (True, True)
    assert "Eeva Mäkelä" in kept_by_page.text
    assert await fetch("SELECT (SELECT count(*) FROM booking), (SELECT count(*) FROM claim)") == [(0, 0)]


async def test_nearly_full_disk_still_lets_visits_be_changed(squeezed: Clinic) -> None:
    token, elsewhere = await a_visit(squeezed), (await squeezed.times())[5]

    assert await act(squeezed, token, "cancel") == (200, "cancelled")
    assert await act(squeezed, token, "undo") == (200, "booked")
    assert await act(squeezed, token, "move", start=elsewhere) == (200, "booked")


async def test_nearly_full_disk_is_not_ready_and_says_so(squeezed: Clinic) -> None:
    async with Client(squeezed.app, address="127.0.0.1") as near:
        answer = await near.get("/ready")

    assert (answer.status_code, sorted(answer.json()["troubles"])) == (503, ["disk_almost_full", "disk_little"])


async def test_control_with_room_the_small_disk_takes_visits(squeezed: Clinic) -> None:
    with while_there_was_room():
        assert (await squeezed.book_by_page()).status_code == 303


@pytest.mark.parametrize("name", ["cancel", "move"])
async def test_room_laid_by_gives_way_when_the_disk_is_full(
    name: str, squeezed: Clinic, small_disk: SmallDisk, caplog: pytest.LogCaptureFixture
) -> None:
    token, elsewhere = await a_visit(squeezed), (await squeezed.times())[5]
    with while_there_was_room():
        disk.lay_ballast(small_disk.folder)
    laid_by = small_disk.ballast.stat().st_blocks * 512
    await small_disk.fill()

    done = await act(squeezed, token, name, **({"start": elsewhere} if name == "move" else {}))

    assert laid_by == disk.BALLAST
    assert done == (200, "cancelled" if name == "cancel" else "booked")
    assert (small_disk.ballast.exists(), await fetch("PRAGMA integrity_check")) == (False, [("ok",)])
    assert "the disk is full: the room laid by was given up" in caplog.messages


async def test_control_without_room_laid_by_a_full_disk_takes_no_cancel(
    squeezed: Clinic, small_disk: SmallDisk
) -> None:
    token = await a_visit(squeezed)
    await small_disk.fill()

    assert await act(squeezed, token, "cancel") == (503, "booked")


async def test_what_is_not_urgent_leaves_the_room_alone(squeezed: Clinic, small_disk: SmallDisk) -> None:
    await a_visit(squeezed)
    with while_there_was_room():
        disk.lay_ballast(small_disk.folder)
        await small_disk.fill()
        refused = await squeezed.book((await squeezed.times())[0], 2)

    assert (refused.status_code, small_disk.ballast.exists()) == (503, True)


async def test_room_is_laid_by_again_only_when_there_is_plenty(small_disk: SmallDisk) -> None:
    disk.lay_ballast(small_disk.folder)
    little = small_disk.ballast.exists()
    with while_there_was_room():
        disk.lay_ballast(small_disk.folder)

    assert (little, small_disk.ballast.exists()) == (False, True)


async def test_room_that_cannot_be_taken_whole_is_not_taken_at_all(small_disk: SmallDisk) -> None:
    (small_disk.folder / "film.mp4").write_bytes(bytes(40 << 20))
    with while_there_was_room():
        disk.lay_ballast(small_disk.folder)

    assert (small_disk.ballast.exists(), disk.free(small_disk.folder)) == (False, 8 << 20)
