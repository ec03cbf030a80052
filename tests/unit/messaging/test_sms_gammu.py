"""A modem behind gammu-smsd: the real daemon with gammu's own dummy telephone, and folders in bad shape."""

import os
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.messaging.gammu import Spool, smsd, until
from turnet.messaging.channels import Incoming, Parcel, Refused, Report, Unreachable
from turnet.messaging.channels.sms_gammu import SmsGammu
from turnet.settings import BadSetting

AT = datetime(2026, 12, 1, 8, tzinfo=UTC)
NOW = AT.timestamp()
TWO_PARTS = (
    "מרפאת תומי: מזכירים לך שהתור שלך נקבע למחר בשעה 09:20. לאישור השיבו 1, ואם אינך יכולה להגיע השיבו 2. נתראה!"
)
ONE = Parcel(uuid.UUID(int=7), "Tuomi", "+972501234567", TWO_PARTS.encode(), AT, AT + timedelta(hours=3))
OURS = str(ONE.id)
THEIRS = "+972507654321"


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def modem(spool: Spool) -> SmsGammu:
    return SmsGammu(spool.url)


def unicode(text: str) -> bytes:
    return b"\xfe\xff" + text.encode("utf-16-be") + bytes(len(text) * 2)


async def read(modem: SmsGammu) -> list[Incoming]:
    return [waiting.incoming for waiting in await modem.waiting(real=AT)]


# --- the daemon itself


async def test_hebrew_leaves_through_the_daemon_in_two_parts(spool: Spool, modem: SmsGammu) -> None:
    await modem.send(ONE)
    with smsd(spool):
        until(lambda: spool.files("sent") != [], spool)

    assert f"Transmitted {spool.files('sent')[0].name} (total: 2) to {ONE.recipient}" in spool.log
    assert await modem.ask([OURS], real=AT) == [Report(OURS, "sent")]


async def test_hebrew_arrives_through_the_daemon_whole(spool: Spool, modem: SmsGammu) -> None:
    spool.arrives(THEIRS, "כן, מגיעה")
    spool.arrives(THEIRS, "א" * 67, "ב" * 10)
    with smsd(spool):
        until(lambda: len(spool.files("inbox")) == 3, spool)
    found = await modem.waiting(real=datetime.now(UTC) + timedelta(minutes=1))

    assert [(one.incoming.sender, one.incoming.text) for one in found] == [
        (THEIRS, "כן, מגיעה"),
        (THEIRS, "א" * 67 + "ב" * 10),
    ]
    for one in found:
        await modem.remove(one)
    assert spool.files("inbox") == []


# --- out


async def test_a_message_is_a_file_that_is_there_whole(spool: Spool, modem: SmsGammu) -> None:
    said = await modem.send(ONE)

    [file] = spool.files("outbox")
    assert said == OURS
    assert file.name == f"OUTC20261201_080000_00_+972501234567_{ONE.id.hex}-{int(NOW) + 3 * 3600}.txt"
    assert file.read_bytes().decode("utf-16") == TWO_PARTS


@pytest.mark.parametrize("meanwhile", ["outbox", "sent"])
async def test_a_second_try_finds_the_first(spool: Spool, modem: SmsGammu, meanwhile: str) -> None:
    await modem.send(ONE)
    [file] = spool.files("outbox")
    file.rename(spool.folder / meanwhile / file.name)

    await modem.send(ONE)

    assert [name for name in ("outbox", "sent") for _ in spool.files(name)] == [meanwhile]


async def test_control_another_message_is_another_file(spool: Spool, modem: SmsGammu) -> None:
    await modem.send(ONE)
    await modem.send(replace(ONE, id=uuid.UUID(int=8)))

    assert len(spool.files("outbox")) == 2


async def test_what_the_modem_did_not_take_in_time_is_taken_back(spool: Spool, modem: SmsGammu) -> None:
    await modem.send(ONE)

    before = await modem.ask([OURS], real=AT + timedelta(hours=2))
    after = await modem.ask([OURS], real=AT + timedelta(hours=3))

    assert (before, after) == ([], [Report(OURS, "failed", "the modem did not take it in time")])
    assert spool.files("outbox") == []


async def test_what_it_could_not_send_failed(spool: Spool, modem: SmsGammu) -> None:
    await modem.send(ONE)
    [file] = spool.files("outbox")
    file.rename(spool.folder / "error" / file.name)

    assert await modem.ask([OURS], real=AT) == [Report(OURS, "failed", "the modem could not send it")]


async def test_what_has_left_does_not_stay_for_ever_and_others_files_do(spool: Spool, modem: SmsGammu) -> None:
    await modem.send(ONE)
    [file] = spool.files("outbox")
    kept = file.rename(spool.folder / "sent" / file.name)
    others = spool.folder / "sent" / "OUT+358401234567.txt"
    others.write_text("x")
    for one in (kept, others):
        os.utime(one, (NOW, NOW))

    await modem.ask([], real=AT + timedelta(days=2))
    assert len(spool.files("sent")) == 2

    await modem.ask([], real=AT + timedelta(days=2, seconds=1))
    assert spool.files("sent") == [others]


async def test_a_folder_that_is_not_there_is_a_gateway_that_cannot_be_reached(modem: SmsGammu, spool: Spool) -> None:
    for folder in ("outbox", "inbox"):
        (spool.folder / folder).rmdir()

    with pytest.raises(Unreachable):
        await modem.send(ONE)
    with pytest.raises(Unreachable):
        await modem.waiting(real=AT)


@pytest.mark.parametrize("number", ["0401234567", "+35840_x", "../x"])
async def test_only_a_whole_number_becomes_part_of_a_file_name(spool: Spool, modem: SmsGammu, number: str) -> None:
    with pytest.raises(Refused):
        await modem.send(replace(ONE, recipient=number))

    assert spool.files("outbox") == []


# --- in


@pytest.mark.parametrize(
    ("sender", "content", "text"),
    [
        (THEIRS, unicode("כן 👍"), "כן 👍"),
        (THEIRS, b"kyll\xc3\xa4", "kyllä"),
        ("DNA_info", unicode("x"), "x"),
        ("", unicode("x"), "x"),
    ],
)
async def test_a_file_is_read_whoever_wrote_it(
    spool: Spool, modem: SmsGammu, sender: str, content: bytes, text: str
) -> None:
    spool.lies(f"IN20261201_093015_00_{sender}_00.txt", content, now=NOW)

    [found] = await read(modem)

    assert (found.sender, found.to, found.text) == (sender, "", text)


async def test_parts_are_put_together_once_none_has_come_for_a_while(spool: Spool, modem: SmsGammu) -> None:
    spool.lies("IN20261201_093015_00_+972507654321_00.txt", unicode("א"), now=NOW)
    spool.lies("IN20261201_093015_00_+972507654321_01.txt", unicode("ב"), age=1, now=NOW)
    assert await read(modem) == []

    os.utime(spool.files("inbox")[1], (NOW - 3, NOW - 3))

    assert [one.text for one in await read(modem)] == ["אב"]


async def test_cut_off_while_removing_it_is_known_again(spool: Spool, modem: SmsGammu) -> None:
    for part in range(3):
        spool.lies(f"IN20261201_093015_00_+972507654321_{part:02}.txt", unicode("abc"[part]), age=60 - part, now=NOW)
    [whole] = await modem.waiting(real=AT)
    ids = set()
    for file in whole.where:
        ids |= {one.id for one in await read(modem)}
        file.unlink()

    assert ids == {whole.incoming.id}


async def test_control_removed_the_other_way_round_it_would_be_another(spool: Spool, modem: SmsGammu) -> None:
    for part in range(2):
        spool.lies(f"IN20261201_093015_00_+972507654321_{part:02}.txt", unicode("ab"[part]), age=60 - part, now=NOW)
    [whole] = await modem.waiting(real=AT)
    whole.where[-1].unlink()

    assert [one.id for one in await read(modem)] != [whole.incoming.id]


async def test_the_same_word_twice_in_a_second_is_two(spool: Spool, modem: SmsGammu) -> None:
    """smsd gives the same name again once the first file is gone."""
    name = "IN20261201_093015_00_+972507654321_00.txt"
    spool.lies(name, unicode("1"), age=60, now=NOW)
    [first] = await modem.waiting(real=AT)
    await modem.remove(first)
    spool.lies(name, unicode("1"), age=50, now=NOW)

    assert [one.id for one in await read(modem)] != [first.incoming.id]


# --- the setting


@pytest.mark.parametrize(
    "url", ["gammu://spool/gammu", "gammu:var/spool", "gammu:///s?number=0401234567", "gammu:///s?from=x", "gammu://"]
)
def test_a_setting_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(BadSetting):
        SmsGammu(url)
