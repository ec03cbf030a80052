"""The restore drill, and bad luck while a backup is made: an older one is always there, whole, and nothing is sent twice."""

import asyncio
import resource
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from tests.chaos.conftest import _seed
from tests.data.upgrades.make import fill
from tests.db.backup.places import another
from tests.db.test_kept import without_its_guard
from tests.factories import TUESDAY
from tests.web.conftest import Client, Running
from turnet.app import create_app
from turnet.backup import keep, lite
from turnet.backup import restore as put
from turnet.backup.make import make
from turnet.backup.pack import unpack
from turnet.backup.restore import put_back
from turnet.clock import FrozenClock
from turnet.db.engine import bind, engine_for
from turnet.db.start import settled_key
from turnet.db.transactions import fetch
from turnet.messaging.deliver import deliverer, drain
from turnet.settings import Settings


@pytest.fixture
def here(settings: Settings) -> Settings:
    return replace(settings, base_url="http://times.tuomi.example", limits="off")


@pytest.fixture
def elsewhere(here: Settings, tmp_path: Path) -> Iterator[Settings]:
    with another(here, tmp_path) as place:
        yield place


# --- the drill


class Clinic(Client):
    """A clinic that is booked over HTTP."""

    async def book(self, number: int) -> str:
        """The path of the patient's own page."""
        first = (await self.get("/api/v1/slots?service=check-up&from=2026-12-04&to=2027-01-15")).json()["slots"][0]
        body = {
            "service": "check-up",
            "start": first["start"],
            "patient": {"name": f"Aino {number}", "email": f"aino{number}@example.org"},
        }
        answer = await self.post("/api/v1/bookings", json=body, headers={"Idempotency-Key": f"key-{number}"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["manage_url"]).removeprefix("http://times.tuomi.example")

    async def move_to_the_last_time(self, path: str) -> int:
        last = (await self.get("/api/v1/slots?service=check-up&from=2026-12-04&to=2027-01-15")).json()["slots"][-1]
        answer = await self.post(f"/api/v1/bookings/{path.removeprefix('/a/')}/move", json={"start": last["start"]})
        return answer.status_code


async def _lived(settings: Settings, file: Path, clock: FrozenClock) -> tuple[list[str], list[str]]:
    """Fills a clinic and backs it up while bookings go on; the links from before the backup, and all."""
    running = Running(create_app(settings, clock=clock, worker=False))
    await running.start()
    try:
        await fill()
        await settled_key(settings)
        async with Clinic(running.app) as clinic:
            before = [await clinic.book(number) for number in range(3)]
            making = asyncio.create_task(make(settings, file, real=clock.real()))
            links = list(before)
            while not making.done():
                links.append(await clinic.book(len(links)))
            await making
            return before, links
    finally:
        await running.stop()


async def _mails_left(settings: Settings, clock: FrozenClock) -> int:
    await drain(deliverer(settings, clock))
    return len(list((settings.data / "outbox" / "mail").glob("*.eml")))


async def _whole() -> tuple[int, int]:
    """(visits, visits without exactly their claim, room, practitioner, audit and confirmation)"""
    [(visits,)] = await fetch("SELECT count(*) FROM booking WHERE email LIKE 'aino%'")
    [(torn,)] = await fetch(
        "SELECT count(*) FROM booking b WHERE email LIKE 'aino%' AND NOT ("
        "(SELECT count(*) FROM occupancy o WHERE o.claim = b.claim) = 2 "
        "AND (SELECT count(*) FROM booking_event e WHERE e.booking = b.id) = 1 "
        "AND (SELECT count(*) FROM message m WHERE m.booking = b.id AND m.kind = 'booking_confirmed') = 1 "
        "AND EXISTS (SELECT 1 FROM patient p WHERE p.id = b.patient))"
    )
    return visits, torn


async def test_drill(here: Settings, elsewhere: Settings, tmp_path: Path, clock: FrozenClock) -> None:
    before, links = await _lived(here, tmp_path / "clinic.tar.gz", clock)
    await put_back(tmp_path / "clinic.tar.gz", elsewhere, [], real=clock.real())

    running = Running(create_app(elsewhere, clock=clock, worker=False))
    await running.start()
    try:
        visits, torn = await _whole()
        assert (len(before) <= visits <= len(links), torn) == (True, 0)
        assert elsewhere.key() == here.key()
        async with Clinic(running.app) as clinic:
            assert [(await clinic.get(path)).status_code for path in before] == [200] * 3
            assert await clinic.move_to_the_last_time(before[0]) == 200
            await clinic.book(9000)
        clock.advance(minutes=30)
        assert await _mails_left(elsewhere, clock) == 0

        await fetch("UPDATE clinic SET sending_held_at = NULL WHERE id = 1")
        assert await _mails_left(elsewhere, clock) > visits
    finally:
        await running.stop()


async def test_control_without_the_hold_mail_leaves_and_a_torn_visit_is_seen(
    here: Settings, elsewhere: Settings, tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unheld(_settings: Settings, _real: object) -> None:
        return None

    monkeypatch.setattr(put, "_held", unheld)
    await _lived(here, tmp_path / "clinic.tar.gz", clock)
    await put_back(tmp_path / "clinic.tar.gz", elsewhere, [], real=clock.real())

    running = Running(create_app(elsewhere, clock=clock, worker=False))
    await running.start()
    try:
        assert await _mails_left(elsewhere, clock) > 0
        await without_its_guard("booking_event")
        await fetch("DELETE FROM booking_event WHERE booking = (SELECT max(id) FROM booking)")
        assert (await _whole())[1] == 1
    finally:
        await running.stop()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_control_a_plain_copy_of_the_file_would_lose_what_was_answered(
    here: Settings, elsewhere: Settings, tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plain(settings: Settings, target: Path, _said: object, stop: Event) -> object:
        target.write_bytes(settings.database_file.read_bytes())
        return lite.sound(target, stop)

    monkeypatch.setattr(lite, "copy", plain)
    with pytest.raises(lite.BackupError, match=r"no such table|there is no clinic"):
        await _lived(here, tmp_path / "clinic.tar.gz", clock)


# --- bad luck while a backup is made

MAKE = """
import asyncio, os, resource, signal, sys, threading
from pathlib import Path
from turnet.backup import files, keep, pack
from turnet.backup.make import make
from turnet.clock import SystemClock
from turnet.settings import Settings

how, data, url, name = sys.argv[1:]
settings = Settings(data=Path(data), database_url=url)
target = keep.folder(settings) / name

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def die_once(part):
    while not (part.exists() and part.stat().st_size):
        pass
    die()

def said(step):
    if how == f"dies {step}":
        die()
    if step == "packing" and how.startswith("dies while"):
        part = target if how.endswith("in place") else target.with_name(target.name + ".part")
        threading.Thread(target=die_once, args=(part,), daemon=True).start()
    if how == f"full {step}":
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

if how.endswith("in place"):
    pack.whole = lambda file: file.open("wb")  # the control
asyncio.run(make(settings, target, real=SystemClock().real(), said=said))
"""
OLDER, NEWER = "turnet-2026-11-30T0842Z.tar.gz", "turnet-2026-12-01T0842Z.tar.gz"


@pytest.fixture
def clinic(here: Settings) -> Settings:
    """With a backup of yesterday, and enough in it that packing takes a while."""
    asyncio.run(_seed(here))
    asyncio.run(_grown(here))
    keep.folder(here).mkdir()
    _made(here, OLDER)
    return here


async def _grown(settings: Settings) -> None:
    engine = engine_for(settings)
    bind(engine)
    try:
        await engine.run_ddl("CREATE TABLE notes (text TEXT)")
        for _ in range(4):
            await fetch("INSERT INTO notes (text) VALUES ({})", secrets.token_hex(1 << 20))
    finally:
        await engine.close_connection_pool()


def _made(settings: Settings, name: str) -> None:
    asyncio.run(make(settings, keep.folder(settings) / name, real=TUESDAY))


def _make(settings: Settings, how: str) -> "subprocess.CompletedProcess[str]":
    """In a process of its own, which has bad luck."""
    command = [sys.executable, "-c", MAKE, how, str(settings.data), settings.database_url, NEWER]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def _whole_ones(settings: Settings, folder: Path) -> list[str]:
    """Those that count, after looking into each. Raises for one that is not whole."""
    folder.mkdir(exist_ok=True)
    for kept in keep.daily(settings):
        unpack(kept.file, folder, [], Event())
    return sorted(kept.file.name for kept in keep.daily(settings))


DEATHS = ["dies copying the database", "dies packing", "dies while packing"]


@pytest.mark.slow
@pytest.mark.parametrize("how", DEATHS)
def test_kill_9_leaves_the_older_backup_and_no_half_one(clinic: Settings, tmp_path: Path, how: str) -> None:
    died = _make(clinic, how)

    assert died.returncode == -signal.SIGKILL
    assert _whole_ones(clinic, tmp_path / "look") == [OLDER]
    newest = keep.newest(clinic)
    assert newest is not None
    assert newest.file.name == OLDER

    _made(clinic, NEWER)
    assert _whole_ones(clinic, tmp_path / "look") == [OLDER, NEWER]
    assert sorted(each.name for each in keep.folder(clinic).iterdir()) == [OLDER, NEWER]


@pytest.mark.slow
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_control_written_in_place_half_a_backup_would_count(clinic: Settings, tmp_path: Path) -> None:
    died = _make(clinic, "dies while packing in place")

    assert died.returncode == -signal.SIGKILL
    with pytest.raises(lite.BackupError, match="is damaged"):
        _whole_ones(clinic, tmp_path / "look")


@pytest.mark.slow
@pytest.mark.parametrize("step", ["copying the database", "packing"])
def test_full_disk_leaves_the_older_backup_and_nothing_else(clinic: Settings, tmp_path: Path, step: str) -> None:
    failed = _make(clinic, f"full {step}")

    assert failed.returncode == 1
    assert any(
        said in failed.stderr.splitlines()[-1]
        for said in ("File too large", "disk I/O error", "database or disk is full", "pg_dump failed: ")
    )
    assert _whole_ones(clinic, tmp_path / "look") == [OLDER]
    assert [each.name for each in keep.folder(clinic).iterdir()] == [OLDER]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
