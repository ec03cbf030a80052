"""The one file: a `tar.gz` whose first member is the manifest, encrypted as a whole when there is a key for it.

manifest.json   what is inside, with the size and SHA-256 of the others
secret.key      the key behind patients' links
settings.toml   the settings, as `turnet.toml` takes them
database.sqlite, or database.dump of pg_dump
"""

import gzip
import hashlib
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import msgspec

from turnet.backup import BackupError
from turnet.backup.age import MAGIC, Broken, Identity, Recipient, Watched, decrypt, encrypt
from turnet.backup.files import whole
from turnet.backup.manifest import DATABASE, FORMAT, KEY, NAME, SETTINGS_FILE, Manifest, Member

CHUNK = 1 << 18
_LARGEST_MANIFEST = 1 << 16
_LARGEST_TAIL = 1 << 16
"""Bytes of padding that may follow the last member."""
_PLAIN = "plain.tar.gz"
_NOT_WHOLE = (Broken, tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, msgspec.MsgspecError, UnicodeError)


def members_of(stage: Path, engine: str) -> dict[str, Member]:
    """Of the files of a backup to be, in their order."""
    return {name: _member(stage / name) for name in (KEY, SETTINGS_FILE, DATABASE[engine])}


def _member(file: Path) -> Member:
    with file.open("rb") as data:
        return Member(file.stat().st_size, hashlib.file_digest(data, "sha256").hexdigest())


def pack(stage: Path, manifest: Manifest, target: Path, recipient: Recipient | None, stop: Event) -> None:
    """Writes `target`, whole or not at all, from the files in `stage`. Raises `Stopped` or OSError."""
    with whole(target) as out:
        if recipient is None:
            _write(stage, manifest, Watched(out, stop))
            return
        with (stage / _PLAIN).open("wb") as plain:
            _write(stage, manifest, Watched(plain, stop))
        with (stage / _PLAIN).open("rb") as packed:
            encrypt(Watched(packed, stop), Watched(out, stop), recipient)


def _write(stage: Path, manifest: Manifest, out: Watched) -> None:
    (stage / NAME).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    with (
        gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6, filename="", mtime=0) as squeezed,
        tarfile.open(fileobj=squeezed, mode="w|", bufsize=CHUNK, format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name in (NAME, *manifest.members):
            with (stage / name).open("rb") as data:
                header = tar.gettarinfo(arcname=name, fileobj=data)
                header.mode, header.uid, header.gid, header.uname, header.gname = 0o600, 0, 0, "", ""
                tar.addfile(header, data)


def unpack(file: Path, stage: Path, identities: list[Identity], stop: Event) -> Manifest:
    """Puts the members of a backup into `stage`, each as its manifest says.

    Raises `BackupError` for what is damaged, encrypted to somebody else, or not ours; `Stopped` or OSError.
    """
    try:
        with _opened(file, stage, identities, stop) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
            manifest = _manifest(tar)
            _take_members(tar, manifest, stage, stop)
            if plain.read(_LARGEST_TAIL).strip(b"\0") or plain.read(1):
                raise Broken
    except _NOT_WHOLE as error:
        raise BackupError(f"{file} is damaged, cut off or not a backup of turnet: take another one") from error
    return manifest


@contextmanager
def _opened(file: Path, stage: Path, identities: list[Identity], stop: Event) -> Iterator[gzip.GzipFile]:
    """The `tar`, without what it is wrapped in."""
    with file.open("rb") as raw:
        encrypted = raw.read(len(MAGIC)) == MAGIC
        raw.seek(0)
        if encrypted:
            if not identities:
                raise BackupError(f"{file} is encrypted: name the file with its age key, --identity FILE")
            with (stage / _PLAIN).open("wb") as out:
                decrypt(Watched(raw, stop), Watched(out, stop), identities)
    with gzip.open(stage / _PLAIN if encrypted else file) as plain:
        yield plain


def _manifest(tar: tarfile.TarFile) -> Manifest:
    """Of a backup that this version can read."""
    header = tar.next()
    if header is None or header.name != NAME or not header.isreg() or header.size > _LARGEST_MANIFEST:
        raise Broken
    data = tar.extractfile(header)
    assert data is not None
    manifest = msgspec.json.decode(data.read(), type=Manifest)
    if manifest.format > FORMAT:
        raise BackupError(f"the backup was made by turnet {manifest.turnet}, which is newer: install that one first")
    if list(manifest.members) != [KEY, SETTINGS_FILE, DATABASE.get(manifest.engine)]:
        raise Broken
    return manifest


def _take_members(tar: tarfile.TarFile, manifest: Manifest, stage: Path, stop: Event) -> None:
    """Exactly those of the manifest, as regular files of these names, sizes and contents; nothing else is written."""
    size, free = sum(member.size for member in manifest.members.values()), shutil.disk_usage(stage).free
    if size > free:
        raise BackupError(f"the backup holds {size >> 20} MB, {free >> 20} MB are free: make room")
    for name, member in manifest.members.items():
        header = tar.next()
        if header is None or (header.name, header.size, header.isreg()) != (name, member.size, True):
            raise Broken
        data = tar.extractfile(header)
        assert data is not None
        with (stage / name).open("wb") as out:
            shutil.copyfileobj(data, Watched(out, stop), CHUNK)
        if _member(stage / name) != member:
            raise Broken
    if tar.next() is not None:
        raise Broken
