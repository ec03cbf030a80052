"""`turnet backup` and `turnet restore`: one line for whatever is wrong, and what to do next when all went well."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.test_cli import Answer, Turnet
from turnet.ids import fingerprint
from turnet.settings import Settings

on_sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


def test_there_and_back(
    turnet: Turnet,
    installed: Settings,
    elsewhere: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = turnet("backup", "clinic.tar.gz")
    monkeypatch.setenv("TURNET_DATABASE_URL", elsewhere.database_url)
    back = turnet("restore", "clinic.tar.gz", "--data", str(elsewhere.data))

    assert (made.code, made.err) == (0, "")
    assert re.fullmatch(
        r"clinic\.tar\.gz, \d+ kB: Tuomi Dental with 9 visits of 12 patients, its key and settings; "
        r"not encrypted: whoever has the file can read all of it\n",
        made.out,
    )
    assert (back.code, back.err) == (0, "")
    assert back.out.startswith(f"Tuomi Dental is back in {elsewhere.data} as it was on ")
    assert f"  turnet outbox release --data {elsewhere.data}   let messages leave again\n" in back.out
    assert ("TURNET_DATABASE_URL must go on naming" in back.out) == (not elsewhere.on_sqlite)
    assert fingerprint(elsewhere.key()) == fingerprint(installed.key())
    assert "nothing is sent since the restore" in turnet("outbox", "--data", str(elsewhere.data)).out


@on_sqlite
def test_directory_gives_it_a_name_and_a_file_is_never_overwritten(
    turnet: Turnet,
    installed: Settings,
    tmp_path: Path,
) -> None:
    (tmp_path / "usb").mkdir()
    turnet("backup", "usb")
    [file] = (tmp_path / "usb").iterdir()
    before = file.read_bytes()

    assert re.fullmatch(r"turnet-\d{4}-\d\d-\d\dT\d{4}Z\.tar\.gz", file.name)
    assert turnet("backup", str(file)) == Answer(1, "", f"turnet: {file} exists already: name another file\n")
    assert file.read_bytes() == before


@on_sqlite
def test_what_cannot_be_backed_up_is_one_line(
    turnet: Turnet,
    installed: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert turnet("backup", "no/where.tar.gz") == Answer(1, "", "turnet: there is no directory no: make it first\n")
    assert turnet("backup", "a", "--data", "nothing") == Answer(
        1, "", "turnet: there is no clinic in nothing; turnet init makes one, --data names another directory\n"
    )
    monkeypatch.setenv("TURNET_BACKUP_KEY", "age1nonsense")
    assert turnet("backup", "a").err.startswith("turnet: TURNET_BACKUP_KEY is not an age public key: ")


@on_sqlite
def test_what_cannot_be_put_back_is_one_line(turnet: Turnet, installed: Settings, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    turnet("backup", "a")

    answers = [
        turnet("restore", "photo.jpg", "--data", "new"),
        turnet("restore", "a", "--data", str(installed.data)),
        turnet("restore", "a", "--data", "new", "--identity", "photo.jpg"),
        turnet("restore", "nothing", "--data", "new"),
    ]

    assert [(answer.code > 0, answer.out, answer.err.count("\n")) for answer in answers] == [(True, "", 1)] * 4
    assert not (tmp_path / "new").exists()


@on_sqlite
def test_encrypted_with_a_key_of_age_keygen(
    turnet: Turnet,
    installed: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    try:
        subprocess.run(["age-keygen", "-o", "key.txt"], check=True, capture_output=True)
    except FileNotFoundError:
        missing("age")
    public = re.findall(r"age1\w+", (tmp_path / "key.txt").read_text())[0]
    monkeypatch.setenv("TURNET_BACKUP_KEY", public)

    made = turnet("backup", "a.age")

    assert made.out.endswith("; encrypted\n")
    assert turnet("restore", "a.age", "--data", "new").err == (
        "turnet: a.age is encrypted: name the file with its age key, --identity FILE\n"
    )
    assert turnet("restore", "a.age", "--data", "new", "--identity", "key.txt").code == 0
