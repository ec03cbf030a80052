"""A backup holds one moment of the clinic, is made beside whoever books, and every day by itself."""

import asyncio
import os
import stat
import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import NamedTuple

import pytest

from tests.data.upgrades.make import KEY
from tests.factories import TUESDAY, a_clinic
from turnet._checkout import alias
from turnet.backup import BackupError, Running, files, keep
from turnet.backup.make import before_migration, daily, make
from turnet.backup.manifest import Manifest
from turnet.backup.pack import unpack
from turnet.clock import FrozenClock
from turnet.db.disk import RESERVED
from turnet.db.engine import AnyEngine
from turnet.db.start import known, migrate
from turnet.db.transactions import fetch
from turnet.settings import Settings

alias()
from turnet.tasks.back_up import back_up  # noqa: E402

pytestmark = pytest.mark.slow

on_sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
"""Where the engine makes no difference."""


def opened(file: Path, folder: Path) -> Manifest:
    folder.mkdir(exist_ok=True)
    return unpack(file, folder, [], Event())


def names(settings: Settings) -> list[str]:
    return sorted(file.name for file in keep.folder(settings).iterdir())


# --- what is inside


async def test_it_holds_database_key_and_settings(clinic: Settings, tmp_path: Path) -> None:
    settings = replace(clinic, base_url="https://times.tuomi.example", mail_url="smtp://u:p%22\\@mail.example:587")

    made = await make(settings, tmp_path / "a.tar.gz", real=TUESDAY)

    manifest = opened(tmp_path / "a.tar.gz", tmp_path / "out")
    assert manifest == made.manifest
    assert (manifest.engine, manifest.made_at, manifest.facts.schema) == (
        "sqlite" if settings.on_sqlite else "postgres", TUESDAY, known(),
    )  # fmt: skip
    assert (manifest.facts.clinic, manifest.facts.visits, manifest.facts.patients) == ("Tuomi Dental", 9, 12)
    assert (tmp_path / "out" / "secret.key").read_bytes() == KEY
    assert tomllib.loads((tmp_path / "out" / "settings.toml").read_text()) == {
        "base_url": "https://times.tuomi.example",
        "mail_url": "smtp://u:p%22\\@mail.example:587",
    }


@on_sqlite
async def test_only_the_owner_reads_it_and_nothing_is_left_beside_it(clinic: Settings, tmp_path: Path) -> None:
    await make(clinic, tmp_path / "a.tar.gz", real=TUESDAY)

    assert stat.S_IMODE((tmp_path / "a.tar.gz").stat().st_mode) == 0o600
    assert stat.S_IMODE(keep.folder(clinic).stat().st_mode) == 0o700
    assert names(clinic) == []


@on_sqlite
async def test_it_may_lie_in_another_folder_than_the_clinic_and_its_parts_never_do(
    clinic: Settings, tmp_path: Path
) -> None:
    """The copies on the way are not encrypted; a stick or a share must not see them."""
    stick, seen = tmp_path / "stick", set()
    stick.mkdir()

    await make(clinic, stick / "a", real=TUESDAY, said=lambda _step: seen.update(stick.iterdir()))

    assert (seen, [file.name for file in stick.iterdir()]) == (set(), ["a"])


async def test_without_the_key_of_the_database_none_is_made(clinic: Settings, tmp_path: Path) -> None:
    clinic.key_file.write_bytes(b"x" * 32)
    with pytest.raises(BackupError, match="is not the key of this database"):
        await make(clinic, tmp_path / "a.tar.gz", real=TUESDAY)

    clinic.key_file.unlink()
    with pytest.raises(BackupError, match="is missing: a backup without it"):
        await make(clinic, tmp_path / "a.tar.gz", real=TUESDAY)
    assert (names(clinic), (tmp_path / "a.tar.gz").exists()) == ([], False)


async def test_without_a_clinic_there_is_nothing_to_copy(engine: AnyEngine, settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="there is no clinic"):
        await make(settings, tmp_path / "a.tar.gz", real=TUESDAY)


@on_sqlite
async def test_too_little_room_is_said_before_anything_is_copied(
    clinic: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What bookings need is left alone."""
    for free in (1000, RESERVED):
        monkeypatch.setattr("shutil.disk_usage", lambda _folder, free=free: _Disk(free))
        with pytest.raises(BackupError, match=f"{free >> 20} MB are free: make room"):
            await make(clinic, tmp_path / "a.tar.gz", real=TUESDAY)

    monkeypatch.setattr("shutil.disk_usage", lambda _folder: _Disk(RESERVED + (100 << 20)))
    await make(clinic, tmp_path / "a.tar.gz", real=TUESDAY)


class _Disk(NamedTuple):
    free: int


# --- beside whoever works


async def test_live_database_is_only_read(clinic: Settings, tmp_path: Path) -> None:
    before = await fetch("SELECT count(*) FROM booking_event"), _bytes(clinic)

    await make(clinic, tmp_path / "a.tar.gz", real=TUESDAY)

    assert (await fetch("SELECT count(*) FROM booking_event"), _bytes(clinic)) == before


def _bytes(settings: Settings) -> bytes:
    log = settings.data / "turnet.db-wal"
    return settings.database_file.read_bytes() + log.read_bytes() if settings.on_sqlite else b""


async def test_two_are_never_made_at_once(clinic: Settings, tmp_path: Path) -> None:
    keep.folder(clinic).mkdir()
    async with files.only_one(keep.folder(clinic), wait=False):
        with pytest.raises(Running):
            await make(clinic, tmp_path / "a.tar.gz", real=TUESDAY, wait=False)
        patient = asyncio.create_task(make(clinic, tmp_path / "b.tar.gz", real=TUESDAY))
        await asyncio.sleep(0)
        assert not patient.done()

    await patient
    assert sorted(file.name for file in tmp_path.glob("*.gz")) == ["b.tar.gz"]


@pytest.mark.parametrize("step", ["copying the database", "checking the copy", "packing"])
async def test_cancelled_it_leaves_nothing_and_the_next_one_works(clinic: Settings, tmp_path: Path, step: str) -> None:
    begun, loop = asyncio.Event(), asyncio.get_running_loop()

    def said(now: str) -> None:
        if now == step:
            loop.call_soon_threadsafe(begun.set)

    making = asyncio.create_task(make(clinic, tmp_path / "a.tar.gz", real=TUESDAY, said=said))
    waiting = asyncio.create_task(begun.wait())
    await asyncio.wait({making, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    making.cancel()
    await asyncio.wait({making})

    assert (names(clinic), list(tmp_path.glob("*.part"))) == ([], [])
    await make(clinic, tmp_path / "b.tar.gz", real=TUESDAY)


# --- by itself


async def test_one_is_made_each_day_of_the_machine(clinic: Settings, clock: FrozenClock) -> None:
    made = []
    for _hour in range(49):
        await back_up({"settings": clinic, "clock": clock})
        made.append(len(keep.daily(clinic)))
        clock.advance(hours=1)

    assert made == [1] * 24 + [2] * 24 + [3]
    assert names(clinic) == [
        "turnet-2026-12-01T0842Z.tar.gz", "turnet-2026-12-02T0842Z.tar.gz", "turnet-2026-12-03T0842Z.tar.gz", "week.html",
    ]  # fmt: skip
    newest = keep.newest(clinic)
    assert newest is not None
    assert newest.made_at == TUESDAY + timedelta(days=2)


@on_sqlite
async def test_old_ones_go(clinic: Settings, clock: FrozenClock) -> None:
    keep.folder(clinic).mkdir()
    for day in range(1, 60):
        (keep.folder(clinic) / keep.name_at(clock.real() - timedelta(days=day))).write_bytes(b"")

    await back_up({"settings": clinic, "clock": clock})

    assert [f"{one.made_at:%m-%d}" for one in sorted(keep.daily(clinic), key=lambda one: one.made_at)] == [
        "11-15", "11-22", "11-25", "11-26", "11-27", "11-28", "11-29", "11-30", "12-01",
    ]  # fmt: skip


@on_sqlite
async def test_while_somebody_else_is_at_it_none_is_made(clinic: Settings, clock: FrozenClock) -> None:
    keep.folder(clinic).mkdir()
    async with files.only_one(keep.folder(clinic), wait=False):
        assert await daily(clinic, now=clock.now(), real=clock.real()) is None

    assert names(clinic) == []


@on_sqlite
async def test_a_demo_is_never_backed_up(clinic: Settings, clock: FrozenClock) -> None:
    assert await daily(replace(clinic, demo=True), now=clock.now(), real=clock.real()) is None


async def test_before_there_is_a_clinic_none_is_made(engine: AnyEngine, settings: Settings, clock: FrozenClock) -> None:
    assert await daily(settings, now=clock.now(), real=clock.real()) is None


@on_sqlite
async def test_what_a_dead_process_left_is_removed_and_older_ones_stay(clinic: Settings, clock: FrozenClock) -> None:
    folder = keep.folder(clinic)
    (folder / ".making").mkdir(parents=True)
    (folder / ".making" / "database.sqlite").write_bytes(b"half")
    (folder / "turnet-2026-11-29T0842Z.tar.gz.part").write_bytes(b"half")
    (folder / "turnet-2026-11-28T0842Z.tar.gz").write_bytes(b"whole")

    await daily(clinic, now=clock.now(), real=clock.real())

    assert names(clinic) == ["turnet-2026-11-28T0842Z.tar.gz", "turnet-2026-12-01T0842Z.tar.gz", "week.html"]


@on_sqlite
async def test_with_a_key_it_is_encrypted_and_named_so(clinic: Settings, clock: FrozenClock) -> None:
    key = "age10htk53g9l47yaln6uznh9cqvdww3nfeusgxy6sjxgky5ckcteetsrrngrh"

    file = await daily(replace(clinic, backup_key=key), now=clock.now(), real=clock.real())

    assert file is not None
    assert (file.name, file.read_bytes()[:21]) == ("turnet-2026-12-01T0842Z.tar.gz.age", b"age-encryption.org/v1")


# --- before a migration


@pytest.fixture
def older(clinic: Settings, loop: asyncio.Runner) -> Settings:
    """As if one migration had not run yet."""
    loop.run(_forget_one())
    return clinic


async def _forget_one() -> None:
    for index in ("step_once", "step_due", "step_of_message", "message_of_provider"):
        await fetch(f"DROP INDEX {index}")
    await fetch("DELETE FROM migration WHERE name = '0005'")


async def test_clinic_is_backed_up_before_it_is_migrated(older: Settings, engine: AnyEngine, tmp_path: Path) -> None:
    assert await migrate(engine, older) == ["0005"]

    [kept] = keep.before_migrations(older)
    assert kept.file.name.startswith("before-0005-")
    assert opened(kept.file, tmp_path / "out").facts.schema == [name for name in known() if name != "0005"]


async def test_without_a_backup_nothing_is_migrated(older: Settings, engine: AnyEngine) -> None:
    older.key_file.unlink()

    with pytest.raises(BackupError, match="is missing"):
        await migrate(engine, older)

    assert await fetch("SELECT count(*) FROM migration WHERE name = '0005'") == [(0,)]


@on_sqlite
async def test_demo_is_migrated_without_one(older: Settings, engine: AnyEngine) -> None:
    await migrate(engine, replace(older, demo=True))

    assert not keep.folder(older).exists()


@on_sqlite
async def test_the_last_three_are_kept(clinic: Settings) -> None:
    keep.folder(clinic).mkdir()
    for day in (1, 2, 3):
        (keep.folder(clinic) / f"before-0004-2026-01-0{day}T0000Z.tar.gz").write_bytes(b"")

    await before_migration(clinic, "0005")

    kept = sorted(one.file.name[:22] for one in keep.before_migrations(clinic))
    assert (kept[:2], kept[2][:12]) == (["before-0004-2026-01-02", "before-0004-2026-01-03"], "before-0005-")


# --- Postgres and its tools


@pytest.mark.postgres
@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
async def test_password_is_not_on_the_command_line(
    clinic: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    said = tmp_path / "said"
    (tools / "pg_dump").write_text(
        '#!/bin/sh\nif [ "$1" = --version ]; then echo "pg_dump (PostgreSQL) 99.1"; exit; fi\n'
        f'echo "$PGPASSWORD $*" > {said}\necho "pg_dump: error: no such luck" >&2\nexit 1\n'
    )
    (tools / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    url = clinic.database_url.replace("turnet@", "turnet:s3cret%40@") + "?application_name=a+b&password=x"

    with pytest.raises(BackupError, match=r"^pg_dump failed: no such luck$"):
        await make(replace(clinic, database_url=url), tmp_path / "a.tar.gz", real=TUESDAY)

    password, _space, arguments = said.read_text().partition(" ")
    assert password == "s3cret@"
    assert "s3cret" not in arguments
    assert "password=" not in arguments
    assert f"--dbname={clinic.database_url}?application_name=a+b" in arguments


@pytest.mark.postgres
@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("9", "the newest pg_dump here is of version 9, the server is PostgreSQL"),
        ("", "pg_dump is missing, the server"),
    ],
)
async def test_tool_that_is_missing_or_too_old_is_one_line(
    clinic: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, said: str
) -> None:
    monkeypatch.setattr("turnet.backup.postgres._DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    if version:
        (tmp_path / "pg_dump").write_text(f'#!/bin/sh\necho "pg_dump (PostgreSQL) {version}.1"\n')
        (tmp_path / "pg_dump").chmod(0o755)

    with pytest.raises(BackupError, match=f"^{said}.*: install postgresql-client-"):
        await make(clinic, tmp_path / "a.tar.gz", real=TUESDAY)


# --- SQLite and its log


@on_sqlite
async def test_damaged_database_is_not_backed_up(clinic: Settings, engine: AnyEngine, tmp_path: Path) -> None:
    await fetch("PRAGMA wal_checkpoint(TRUNCATE)")
    with clinic.database_file.open("r+b") as file:
        size = clinic.database_file.stat().st_size
        for page in range(4096 * 4, size, 4096):
            file.seek(page + 8)
            file.write(b"\xff" * 200)

    with pytest.raises(
        BackupError, match=r"the database or its copy cannot be read or written|the database is damaged"
    ):
        await make(clinic, tmp_path / "a.tar.gz", real=TUESDAY)
    assert not (tmp_path / "a.tar.gz").exists()


@on_sqlite
async def test_week_is_written_beside_each(clinic: Settings, clock: FrozenClock) -> None:
    await daily(clinic, now=clock.now(), real=clock.real())

    week = keep.folder(clinic) / "week.html"
    assert stat.S_IMODE(week.stat().st_mode) == 0o600
    assert week.read_text().startswith('<!doctype html>\n<html lang="en" dir="ltr">')


async def test_clinic_alone_without_visits_can_be_backed_up(
    engine: AnyEngine, settings: Settings, tmp_path: Path
) -> None:
    await a_clinic()

    made = await make(settings, tmp_path / "a.tar.gz", real=TUESDAY)

    assert (made.manifest.facts.visits, made.manifest.facts.key_fingerprint) == (0, "")
