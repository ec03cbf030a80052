"""A backup put back is the same clinic, and sends nothing; what cannot be put back changes nothing."""

import asyncio
import os
import sqlite3
import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TypeVar

import msgspec
import pyrage  # type: ignore[import-untyped]
import pytest

from tests.data.upgrades.make import KEY
from tests.data.upgrades.steps import put_back as older_database
from tests.factories import TUESDAY
from turnet.backup import BackupError, lite, postgres
from turnet.backup import restore as put
from turnet.backup.make import make
from turnet.backup.manifest import DATABASE, Manifest
from turnet.backup.pack import members_of, pack, unpack
from turnet.backup.restore import put_back
from turnet.booking.model import visit_token
from turnet.booking.queries import visit_by_token
from turnet.db.engine import AnyEngine, bind, engine_for
from turnet.db.start import applied, known, pending, settled_key
from turnet.db.transactions import fetch
from turnet.messaging import outbox
from turnet.settings import Settings, load

pytestmark = pytest.mark.slow

T = TypeVar("T")
TABLES = ("booking", "booking_event", "claim", "occupancy", "patient", "contact_point", "message", "service", "hours")


on_sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
"""Where the engine makes no difference."""


@pytest.fixture
def file(clinic: Settings, tmp_path: Path, loop: asyncio.Runner) -> Path:
    loop.run(make(clinic, tmp_path / "clinic.tar.gz", real=TUESDAY))
    return tmp_path / "clinic.tar.gz"


async def within(place: Settings, work: Callable[[], Awaitable[T]]) -> T:
    """What `work` finds in the database of another place."""
    engine = engine_for(place)
    bind(engine)
    await engine.start_connection_pool()
    try:
        return await work()
    finally:
        await engine.close_connection_pool()


async def rows(*tables: str) -> dict[str, list[tuple[object, ...]]]:
    return {table: await fetch(f"SELECT * FROM {table} ORDER BY id") for table in tables}


# --- the same clinic


async def test_every_row_is_as_it_was(clinic: Settings, file: Path, elsewhere: Settings) -> None:
    before = await rows(*TABLES)

    await put_back(file, elsewhere, [], real=TUESDAY)

    assert await within(elsewhere, lambda: rows(*TABLES)) == before


async def test_links_open_with_the_same_key(clinic: Settings, file: Path, elsewhere: Settings) -> None:
    [(public_id, link_no, reference)] = await fetch("SELECT public_id, link_no, reference FROM booking WHERE id = 1")

    await put_back(file, elsewhere, [], real=TUESDAY)

    assert elsewhere.key() == KEY
    assert await within(elsewhere, lambda: settled_key(elsewhere)) == KEY
    token = visit_token(elsewhere.key(), public_id, link_no)
    assert (await within(elsewhere, lambda: visit_by_token(token))).reference == reference


@on_sqlite
async def test_settings_come_back_and_the_environment_still_wins(
    clinic: Settings, tmp_path: Path, elsewhere: Settings
) -> None:
    own = replace(
        clinic, base_url="https://times.tuomi.example", mail_from='"Tuomi" <a@b.example>', queue_url="redis://old"
    )
    await make(own, tmp_path / "a", real=TUESDAY)

    await put_back(tmp_path / "a", elsewhere, [], real=TUESDAY)

    assert tomllib.loads((elsewhere.data / "turnet.toml").read_text()) == {
        "base_url": "https://times.tuomi.example",
        "mail_from": '"Tuomi" <a@b.example>',
    }
    assert load({}, data=elsewhere.data).base_url == "https://times.tuomi.example"
    assert load({"TURNET_BASE_URL": "https://new.example"}, data=elsewhere.data).base_url == "https://new.example"


async def test_directory_holds_exactly_the_clinic_and_only_its_owner_reads_it(file: Path, elsewhere: Settings) -> None:
    await put_back(file, elsewhere, [], real=TUESDAY)

    files = {each.name: each.stat().st_mode & 0o777 for each in elsewhere.data.iterdir()}
    assert elsewhere.data.stat().st_mode & 0o777 == 0o700
    assert files == dict.fromkeys(["secret.key", "turnet.toml", *(["turnet.db"] * elsewhere.on_sqlite)], 0o600)


@on_sqlite
async def test_an_empty_directory_made_beforehand_keeps_its_owner_and_mode(file: Path, elsewhere: Settings) -> None:
    """Whoever restores as root leaves a clinic that its own user can serve."""
    elsewhere.data.mkdir(mode=0o750)
    if os.geteuid() == 0:
        os.chown(elsewhere.data, 65534, 65534)
    before = elsewhere.data.stat()

    await put_back(file, elsewhere, [], real=TUESDAY)

    after = elsewhere.data.stat()
    assert (after.st_ino, after.st_mode, after.st_uid) == (before.st_ino, before.st_mode, before.st_uid)
    assert {file.stat().st_uid for file in elsewhere.data.iterdir()} == {before.st_uid}


@on_sqlite
async def test_key_may_lie_elsewhere(file: Path, elsewhere: Settings, tmp_path: Path) -> None:
    place = replace(elsewhere, secret_file=str(tmp_path / "keys" / "links.key"))

    await put_back(file, place, [], real=TUESDAY)

    assert (place.key(), (elsewhere.data / "secret.key").exists()) == (KEY, False)


async def test_encrypted_backup_comes_back_with_its_key(clinic: Settings, tmp_path: Path, elsewhere: Settings) -> None:
    identity = pyrage.x25519.Identity.generate()
    await make(replace(clinic, backup_key=str(identity.to_public())), tmp_path / "a.age", real=TUESDAY)

    with pytest.raises(BackupError, match="is encrypted to another key"):
        await put_back(tmp_path / "a.age", elsewhere, [pyrage.x25519.Identity.generate()], real=TUESDAY)
    assert not elsewhere.data.exists()

    await put_back(tmp_path / "a.age", elsewhere, [identity], real=TUESDAY)
    assert elsewhere.key() == KEY


# --- nothing is sent


async def claimed() -> list[outbox.Claimed]:
    later = TUESDAY.replace(year=2027)
    return await outbox.claim(99, channel="email", repeatable=True, now=TUESDAY, real=later)


async def test_nothing_can_be_taken_to_be_sent(clinic: Settings, file: Path, elsewhere: Settings) -> None:
    await put_back(file, elsewhere, [], real=TUESDAY)

    assert await within(elsewhere, claimed) == []
    assert await within(elsewhere, lambda: fetch("SELECT sending_held_at FROM clinic")) == [(TUESDAY,)]


async def test_control_without_the_hold_it_would_be(
    clinic: Settings, file: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unheld(_settings: Settings, _real: object) -> None:
        return None

    monkeypatch.setattr(put, "_held", unheld)

    await put_back(file, elsewhere, [], real=TUESDAY)

    assert len(await within(elsewhere, claimed)) > 0


async def test_what_was_leaving_waits_or_may_have_left(clinic: Settings, tmp_path: Path, elsewhere: Settings) -> None:
    await fetch("UPDATE message SET state = 'sending', lease = 'x', lease_until = {} WHERE state = 'queued'", TUESDAY)
    [(mails, texts)] = await fetch(
        "SELECT sum(CASE WHEN channel = 'email' THEN 1 ELSE 0 END), sum(CASE WHEN channel = 'sms' THEN 1 ELSE 0 END) "
        "FROM message WHERE state = 'sending'"
    )
    await make(clinic, tmp_path / "a", real=TUESDAY)

    await put_back(tmp_path / "a", elsewhere, [], real=TUESDAY)

    counted = "SELECT channel, state, count(*) FROM message WHERE state <> 'cancelled' GROUP BY 1, 2 ORDER BY 1"
    assert (mails > 0, texts > 0) == (True, True)
    assert await within(elsewhere, lambda: fetch(counted)) == [("email", "queued", mails), ("sms", "unknown", texts)]


# --- other versions


@pytest.fixture
def old(settings: Settings, loop: asyncio.Runner) -> Settings:
    """A clinic whose schema could not hold its messages yet."""
    settings.key_file.write_bytes(KEY)
    loop.run(older_database(settings, "0003"))
    return settings


async def test_schema_that_cannot_hold_messages_is_migrated_and_held(
    old: Settings, tmp_path: Path, elsewhere: Settings
) -> None:
    made = await make(old, tmp_path / "a", real=TUESDAY)

    await put_back(tmp_path / "a", elsewhere, [], real=TUESDAY)

    assert made.manifest.facts.schema == ["0001", "0002", "0003"]
    assert await within(elsewhere, claimed) == []
    assert await within(elsewhere, lambda: fetch("SELECT sending_held_at FROM clinic")) == [(TUESDAY,)]


async def test_older_schema_is_left_for_the_next_start(
    clinic: Settings, engine: AnyEngine, tmp_path: Path, elsewhere: Settings
) -> None:
    await fetch("DELETE FROM migration WHERE name >= '0005'")
    await make(clinic, tmp_path / "a", real=TUESDAY)

    await put_back(tmp_path / "a", elsewhere, [], real=TUESDAY)

    async def missing() -> list[str]:
        other = engine_for(elsewhere)
        bind(other)
        try:
            return await pending(other)
        finally:
            await other.close_connection_pool()

    assert await missing() == known()[4:]


async def test_newer_schema_says_which_turnet_to_install(clinic: Settings, tmp_path: Path, elsewhere: Settings) -> None:
    await fetch("INSERT INTO migration (name, app_name, ran_on) VALUES ('9999', 'turnet', CURRENT_TIMESTAMP)")
    await make(clinic, tmp_path / "a", real=TUESDAY)

    with pytest.raises(
        BackupError, match=r"^the backup has schema 9999, this turnet knows .*: install turnet \S+ first$"
    ):
        await put_back(tmp_path / "a", elsewhere, [], real=TUESDAY)

    await nothing_changed(elsewhere)


# --- what is refused


async def nothing_changed(place: Settings) -> None:
    assert not place.data.exists()
    if not place.on_sqlite:
        await postgres.refuse_filled(place.database_url)


@on_sqlite
@pytest.mark.parametrize("name", ["turnet.db", "secret.key", "turnet.toml", "notes.txt", "backups/old.tar.gz"])
async def test_directory_that_holds_anything_is_refused(file: Path, elsewhere: Settings, name: str) -> None:
    other = elsewhere.data / name
    other.parent.mkdir(parents=True)
    other.write_text("mine")

    with pytest.raises(BackupError, match=r"is not empty \(.*\), and nothing was changed: name a new directory"):
        await put_back(file, elsewhere, [], real=TUESDAY)

    assert [each for each in elsewhere.data.rglob("*") if each.is_file()] == [other]
    assert other.read_text() == "mine"


@on_sqlite
async def test_restore_that_was_cut_off_is_begun_again(file: Path, elsewhere: Settings) -> None:
    (elsewhere.data / ".restoring").mkdir(parents=True)
    (elsewhere.data / ".restoring" / "turnet.db").write_bytes(b"half")

    await put_back(file, elsewhere, [], real=TUESDAY)

    assert elsewhere.key() == KEY


async def test_damaged_file_changes_nothing(file: Path, elsewhere: Settings) -> None:
    whole = file.read_bytes()
    for cut in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:cut])
        with pytest.raises(BackupError, match="is damaged, cut off or not a backup"):
            await put_back(file, elsewhere, [], real=TUESDAY)
        await nothing_changed(elsewhere)


def repacked(file: Path, folder: Path, change: Callable[[Path, Manifest], Manifest]) -> Path:
    """The same backup with something else in it, and hashes that fit."""
    folder.mkdir()
    manifest = change(folder, unpack(file, folder, [], Event()))
    manifest = msgspec.structs.replace(manifest, members=members_of(folder, manifest.engine))
    pack(folder, manifest, folder / "again.tar.gz", None, Event())
    return folder / "again.tar.gz"


async def test_key_of_another_clinic_is_refused(file: Path, elsewhere: Settings, tmp_path: Path) -> None:
    def another_key(folder: Path, manifest: Manifest) -> Manifest:
        (folder / "secret.key").write_bytes(b"x" * 32)
        return manifest

    with pytest.raises(BackupError, match="the key in the backup is not the one of its database"):
        await put_back(repacked(file, tmp_path / "crafted", another_key), elsewhere, [], real=TUESDAY)

    await nothing_changed(elsewhere)


async def test_control_the_same_file_packed_again_is_taken(file: Path, elsewhere: Settings, tmp_path: Path) -> None:
    await put_back(repacked(file, tmp_path / "crafted", lambda _folder, same: same), elsewhere, [], real=TUESDAY)

    assert elsewhere.key() == KEY


@on_sqlite
async def test_what_the_database_says_counts_and_not_its_label(file: Path, elsewhere: Settings, tmp_path: Path) -> None:
    def newer_inside(folder: Path, manifest: Manifest) -> Manifest:
        with sqlite3.connect(folder / DATABASE["sqlite"]) as raw:
            raw.execute("INSERT INTO migration (name, app_name, ran_on) VALUES ('9999', 'turnet', CURRENT_TIMESTAMP)")
        raw.close()
        return manifest

    with pytest.raises(BackupError, match="the backup has schema 9999"):
        await put_back(repacked(file, tmp_path / "crafted", newer_inside), elsewhere, [], real=TUESDAY)


@on_sqlite
async def test_database_with_rows_that_point_to_nothing_is_refused(
    file: Path, elsewhere: Settings, tmp_path: Path
) -> None:
    def orphans(folder: Path, manifest: Manifest) -> Manifest:
        with sqlite3.connect(folder / DATABASE["sqlite"]) as raw:
            raw.execute("DELETE FROM patient")
        raw.close()
        with pytest.raises(BackupError, match="the database is damaged"):
            lite.sound(folder / DATABASE["sqlite"], Event())
        return manifest

    with pytest.raises(BackupError, match="the database is damaged"):
        await put_back(repacked(file, tmp_path / "crafted", orphans), elsewhere, [], real=TUESDAY)
    await nothing_changed(elsewhere)


async def test_other_kind_of_database_is_refused(file: Path, elsewhere: Settings) -> None:
    said = "SQLite database: leave TURNET_DATABASE_URL empty"
    other = replace(elsewhere, database_url="postgresql://nobody@127.0.0.1:1/none")
    if not elsewhere.on_sqlite:
        said, other = "Postgres database: name an empty one", replace(elsewhere, database_url="")

    with pytest.raises(BackupError, match=said):
        await put_back(file, other, [], real=TUESDAY)
    assert not elsewhere.data.exists()


@pytest.mark.postgres
@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
async def test_filled_postgres_database_is_refused_and_stays_as_it_is(
    clinic: Settings, file: Path, elsewhere: Settings
) -> None:
    before = await rows(*TABLES)

    with pytest.raises(BackupError, match="is not empty, and nothing was changed: name a new one"):
        await put_back(file, replace(clinic, data=elsewhere.data), [], real=TUESDAY)

    assert not elsewhere.data.exists()
    assert await rows(*TABLES) == before


@pytest.mark.postgres
@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
async def test_dump_that_breaks_in_the_middle_leaves_the_database_empty(
    file: Path, elsewhere: Settings, tmp_path: Path
) -> None:
    def cut_dump(folder: Path, manifest: Manifest) -> Manifest:
        dump = folder / DATABASE["postgres"]
        dump.write_bytes(dump.read_bytes()[: dump.stat().st_size * 3 // 4])
        return manifest

    with pytest.raises(BackupError, match=r"^pg_restore failed: "):
        await put_back(repacked(file, tmp_path / "crafted", cut_dump), elsewhere, [], real=TUESDAY)

    await nothing_changed(elsewhere)


@on_sqlite
async def test_foreign_key_file_in_the_way_is_never_overwritten(
    file: Path, elsewhere: Settings, tmp_path: Path
) -> None:
    (tmp_path / "other.key").write_bytes(b"o" * 32)

    with pytest.raises(BackupError, match="is another clinic's key"):
        await put_back(file, replace(elsewhere, secret_file=str(tmp_path / "other.key")), [], real=TUESDAY)

    assert (tmp_path / "other.key").read_bytes() == b"o" * 32
    await nothing_changed(elsewhere)


async def test_it_was_never_migrated_twice(file: Path, elsewhere: Settings) -> None:
    await put_back(file, elsewhere, [], real=TUESDAY)
    engine = engine_for(elsewhere)
    bind(engine)
    try:
        assert await applied(engine) == known()
    finally:
        await engine.close_connection_pool()
