"""One file, opened again only if every byte of it is as it was written."""

import gzip
import hashlib
import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import msgspec
import pyrage  # type: ignore[import-untyped]
import pytest

from turnet.backup import BackupError
from turnet.backup.age import Stopped, identities_in, recipient_of
from turnet.backup.manifest import DATABASE, KEY, NAME, SETTINGS_FILE, Facts, Manifest
from turnet.backup.pack import members_of, pack, unpack

pytestmark = pytest.mark.slow

CONTENTS = {
    KEY: b"k" * 32,
    SETTINGS_FILE: b'mail_url = "smtp://mail.example"\n',
    DATABASE["sqlite"]: b"SQLite format 3" * 9,
}
FACTS = Facts(["0001", "0002"], "Hammashoitola Tuomi", "0123456789abcdef", 9, 8, 7)


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    folder = tmp_path / "stage"
    folder.mkdir()
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def manifest(stage: Path) -> Manifest:
    return Manifest("0.1.0", "sqlite", datetime(2026, 12, 1, tzinfo=UTC), FACTS, members_of(stage, "sqlite"))


@pytest.fixture
def identity() -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.generate()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in CONTENTS}


def written(stage: Path, manifest: Manifest, *, key: str = "") -> Path:
    file = stage.parent / "clinic.tar.gz"
    pack(stage, manifest, file, recipient_of(key), Event())
    return file


# --- there and back


def test_what_went_in_comes_out(stage: Path, manifest: Manifest, out: Path) -> None:
    file = written(stage, manifest)

    assert unpack(file, out, [], Event()) == manifest
    assert contents(out) == CONTENTS


def test_what_is_encrypted_comes_out_with_its_key(
    stage: Path, manifest: Manifest, out: Path, identity: pyrage.x25519.Identity
) -> None:
    file = written(stage, manifest, key=str(identity.to_public()))

    assert file.read_bytes().startswith(b"age-encryption.org/v1\n")
    assert not any(content in file.read_bytes() for content in CONTENTS.values())
    assert unpack(file, out, [pyrage.x25519.Identity.generate(), identity], Event()) == manifest
    assert contents(out) == CONTENTS


def test_only_the_owner_reads_it_and_nothing_else_is_left(stage: Path, manifest: Manifest) -> None:
    file = written(stage, manifest)

    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in stage.parent.iterdir()) == ["clinic.tar.gz", "stage"]


def test_any_tar_lists_it(stage: Path, manifest: Manifest) -> None:
    said = subprocess.run(["tar", "tzf", written(stage, manifest)], capture_output=True, text=True, check=True)

    assert said.stdout.split() == [NAME, KEY, SETTINGS_FILE, "database.sqlite"]


@pytest.mark.skipif(not shutil.which("age"), reason="age is missing on this machine")
def test_age_itself_opens_what_was_encrypted_to_a_key_of_age_keygen(
    stage: Path, manifest: Manifest, tmp_path: Path
) -> None:
    subprocess.run(["age-keygen", "-o", tmp_path / "key.txt"], check=True, stderr=subprocess.DEVNULL)
    public = subprocess.run(["age-keygen", "-y", tmp_path / "key.txt"], capture_output=True, text=True, check=True)
    file = written(stage, manifest, key=public.stdout.strip())

    said = subprocess.run(["age", "-d", "-i", tmp_path / "key.txt", file], capture_output=True, check=True)

    with tarfile.open(fileobj=io.BytesIO(said.stdout)) as tar:
        assert tar.getnames() == [NAME, *CONTENTS]
    assert unpack(file, tmp_path, identities_in(tmp_path / "key.txt"), Event()) == manifest


# --- what is not whole


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_a_file_cut_off_anywhere_is_refused(
    stage: Path, manifest: Manifest, out: Path, identity: pyrage.x25519.Identity, encrypted: bool
) -> None:
    file = written(stage, manifest, key=str(identity.to_public()) if encrypted else "")
    whole = file.read_bytes()

    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(BackupError, match="is damaged, cut off or not a backup of turnet"):
            unpack(file, out, [identity], Event())

    file.write_bytes(whole)
    assert unpack(file, out, [identity], Event()) == manifest


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_one_wrong_byte_is_never_taken_for_something_else(
    stage: Path, manifest: Manifest, out: Path, identity: pyrage.x25519.Identity, encrypted: bool
) -> None:
    file = written(stage, manifest, key=str(identity.to_public()) if encrypted else "")
    whole, refused = file.read_bytes(), 0

    for place in range(0, len(whole), 3):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        try:
            found = unpack(file, out, [identity], Event()), contents(out)
        except BackupError:
            refused += 1
        else:  # a byte that means nothing, such as the time in the wrapping
            assert found == (manifest, CONTENTS)

    assert refused > len(whole) // 3 * 0.95


@pytest.mark.parametrize(
    "text", [b"", b"turnet", b"PK\x03\x04 a zip", b"\x1f\x8b no", gzip.compress(b"no tar", mtime=0)]
)
def test_another_kind_of_file_is_refused(tmp_path: Path, out: Path, text: bytes) -> None:
    (tmp_path / "file").write_bytes(text)

    with pytest.raises(BackupError, match="not a backup of turnet"):
        unpack(tmp_path / "file", out, [], Event())


# --- keys


def test_wrong_key_or_none_is_said(
    stage: Path, manifest: Manifest, out: Path, identity: pyrage.x25519.Identity
) -> None:
    file = written(stage, manifest, key=str(identity.to_public()))

    with pytest.raises(BackupError, match=r"is encrypted: name the file with its age key, --identity FILE"):
        unpack(file, out, [], Event())
    with pytest.raises(BackupError, match="is encrypted to another key"):
        unpack(file, out, [pyrage.x25519.Identity.generate()], Event())


def test_public_key_with_a_slip_is_said_before_anything_is_copied() -> None:
    with pytest.raises(BackupError, match="TURNET_BACKUP_KEY is not an age public key"):
        recipient_of("age1qqqq")


@pytest.mark.parametrize("text", [b"", b"age1public\n", b"AGE-SECRET-KEY-1XYZ\n", b"\xff\xfe"])
def test_file_without_an_age_key_is_said(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "key.txt").write_bytes(text)

    with pytest.raises(BackupError, match="holds no age key"):
        identities_in(tmp_path / "key.txt")


# --- tricks


def entry(name: str, content: bytes = b"", **more: object) -> tuple[tarfile.TarInfo, bytes]:
    header = tarfile.TarInfo(name)
    header.size = len(content)
    for field, value in more.items():
        setattr(header, field, value)
    return header, content


def packed(file: Path, entries: list[tuple[tarfile.TarInfo, bytes]], *, after: bytes = b"") -> None:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for header, content in entries:
            tar.addfile(header, io.BytesIO(content))
    file.write_bytes(gzip.compress(raw.getvalue() + after))


def own(manifest: Manifest) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    yield entry(NAME, msgspec.json.encode(manifest))
    yield from (entry(name, content) for name, content in CONTENTS.items())


def _another_name(name: str) -> list[tuple[tarfile.TarInfo, bytes]]:
    return [entry(name, CONTENTS[KEY])]


TRICKS = {
    "a path out of the folder": _another_name("../secret.key"),
    "an absolute path": _another_name("/tmp/secret.key"),
    "a symbolic link": [entry(KEY, type=tarfile.SYMTYPE, linkname="/etc/passwd")],
    "a hard link": [entry(KEY, type=tarfile.LNKTYPE, linkname="/etc/passwd")],
    "a directory": [entry(KEY, type=tarfile.DIRTYPE)],
    "a device": [entry(KEY, type=tarfile.CHRTYPE)],
    "other contents of the same length": [entry(KEY, b"x" * 32)],
    "longer contents": [entry(KEY, b"k" * 33)],
    "nothing": [],
    "twice": [entry(KEY, CONTENTS[KEY])] * 2,
    "another name": _another_name("turnet.db"),
}
"""Instead of the key."""


@pytest.mark.parametrize("instead", TRICKS.values(), ids=TRICKS)
def test_only_what_the_manifest_names_is_taken(
    manifest: Manifest, out: Path, instead: list[tuple[tarfile.TarInfo, bytes]]
) -> None:
    file = out.parent / "crafted.tar.gz"
    first, _key, *rest = own(manifest)
    packed(file, [first, *instead, *rest])

    with pytest.raises(BackupError, match="is damaged, cut off or not a backup of turnet"):
        unpack(file, out, [], Event())

    assert sorted(each.name for each in out.iterdir()) in ([], [KEY])
    assert not any(each.is_symlink() for each in out.iterdir())


def test_nothing_may_follow(manifest: Manifest, out: Path) -> None:
    file = out.parent / "crafted.tar.gz"
    for entries, after in (([*own(manifest), entry("more", b"1")], b""), (list(own(manifest)), b"more")):
        packed(file, entries, after=after)
        with pytest.raises(BackupError, match="is damaged"):
            unpack(file, out, [], Event())
    packed(file, list(own(manifest)), after=bytes(10 << 20))
    with pytest.raises(BackupError, match="is damaged"):
        unpack(file, out, [], Event())


def test_control_the_same_made_up_file_without_a_trick_is_taken(manifest: Manifest, out: Path) -> None:
    file = out.parent / "crafted.tar.gz"
    packed(file, list(own(manifest)))

    assert unpack(file, out, [], Event()) == manifest


def test_manifest_that_promises_more_than_the_disk_holds_is_refused_before_anything_is_written(
    manifest: Manifest, out: Path
) -> None:
    file = out.parent / "crafted.tar.gz"
    huge = msgspec.structs.replace(manifest.members[KEY], size=1 << 60)
    lying = msgspec.structs.replace(manifest, members={**manifest.members, KEY: huge})
    packed(file, list(own(lying)))

    with pytest.raises(BackupError, match="are free: make room"):
        unpack(file, out, [], Event())
    assert list(out.iterdir()) == []


def test_newer_format_says_which_turnet_to_install(manifest: Manifest, out: Path) -> None:
    file = out.parent / "crafted.tar.gz"
    packed(file, list(own(msgspec.structs.replace(manifest, format=2, turnet="9.1.0"))))

    with pytest.raises(BackupError, match=r"made by turnet 9\.1\.0, which is newer"):
        unpack(file, out, [], Event())


# --- when it must end


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_told_to_stop_it_leaves_nothing(
    stage: Path, manifest: Manifest, identity: pyrage.x25519.Identity, encrypted: bool
) -> None:
    stop = Event()
    stop.set()

    with pytest.raises(Stopped):
        pack(stage, manifest, stage.parent / "a", recipient_of(str(identity.to_public()) if encrypted else ""), stop)

    assert [each.name for each in stage.parent.iterdir()] == ["stage"]


def test_hashes_are_those_of_the_files(manifest: Manifest) -> None:
    assert {name: member.sha256 for name, member in manifest.members.items()} == {
        name: hashlib.sha256(content).hexdigest() for name, content in CONTENTS.items()
    }
