"""Messages as files: whole or not at all, also when the disk is full."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from turnet.messaging.channels import Parcel, Unreachable
from turnet.messaging.channels.file import MailFolder, SmsFile

PARCEL = Parcel(UUID(int=7), "Tuomi", "+358400000123", b"See you on Thursday.", datetime(2026, 12, 1, tzinfo=UTC))


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """What a disk with so much room left does to a write: it takes the beginning."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_sms_that_does_not_fit_leaves_no_half_line_behind(tmp_path: Path) -> None:
    file = tmp_path / "sms.jsonl"
    await SmsFile(file).send(PARCEL)
    whole = file.read_bytes()

    with no_file_longer_than(len(whole) + 20), pytest.raises(Unreachable):
        await SmsFile(file).send(PARCEL)

    assert file.read_bytes() == whole
    await SmsFile(file).send(PARCEL)
    assert [msgspec.json.decode(line)["id"] for line in file.read_bytes().splitlines()] == [str(PARCEL.id)] * 2


async def test_mail_that_does_not_fit_is_not_there(tmp_path: Path) -> None:
    with no_file_longer_than(5), pytest.raises(Unreachable):
        await MailFolder(tmp_path).send(PARCEL)

    assert list(tmp_path.glob("*.eml")) == []
