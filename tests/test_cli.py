"""The command line: from an empty directory to a clinic that can be booked, and one clear line for what is wrong."""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from click.testing import CliRunner

from tests.conftest import _closed
from tests.factories import a_clinic, at
from turnet import cli
from turnet.booking.model import Act, Person, Wish
from turnet.booking.queries import free_times
from turnet.booking.service import book, cancel
from turnet.clinic.queries import load
from turnet.db.engine import bind, engine_for
from turnet.db.transactions import fetch
from turnet.demo.start import claim_directory
from turnet.ids import fingerprint
from turnet.scheduling.hours import local_day
from turnet.server import only_server
from turnet.settings import Settings

TUOMI = (
    "--name", "Hammashoitola Tuomi", "--country", "FI", "--languages", "fi,en", "--location", "Keskusta",
    "--address", "Hämeenkatu 14 B", "--city", "33100 Tampere", "--practitioner", "Sanna Koivisto",
    "--hours", "Mon-Fri 8-12,13-16", "--services", "dental",
)  # fmt: skip
NOW = datetime(2026, 12, 1, 8, 42, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


Turnet = Callable[..., Answer]
T = TypeVar("T")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever runs the tests may have settings of their own."""
    for name in [name for name in os.environ if name.startswith("TURNET_") and "TEST" not in name]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def turnet(capsys: pytest.CaptureFixture[str]) -> Turnet:
    def run(*arguments: str) -> Answer:
        with pytest.raises(SystemExit) as left:
            cli.main(arguments)
        said = capsys.readouterr()
        return Answer(int(left.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def installation(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A migrated, empty database of either engine, named by the environment."""
    monkeypatch.setenv("TURNET_DATA", str(settings.data))
    monkeypatch.setenv("TURNET_DATABASE_URL", settings.database_url)
    return settings


def within(settings: Settings, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What `work` finds in the database."""

    async def opened() -> T:
        engine = engine_for(settings)
        bind(engine)
        await engine.start_connection_pool()
        try:
            return await work()
        finally:
            await _closed(engine)

    return asyncio.run(opened())


# --- init


def test_init_makes_a_clinic_that_can_be_booked(turnet: Turnet, installation: Settings) -> None:
    answer = turnet("init", "--yes", *TUOMI)

    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(f"Hammashoitola Tuomi is ready in {installation.data}.\n\nNext:\n  turnet serve")

    async def found() -> tuple[object, ...]:
        clinic = await load()
        assert clinic is not None
        now = datetime.now(UTC)
        today = local_day(clinic.setup.zone, int(now.timestamp()) // 60)
        free = {
            service.slug: len(await free_times(clinic, service.id, today, today + timedelta(days=14), now=now))
            for service in clinic.services.values()
        }
        print_of_key = (await fetch("SELECT key_fingerprint FROM clinic"))[0][0]
        return (
            clinic.languages,
            list(clinic.practitioners),
            list(clinic.locations),
            print_of_key,
            min(free.values()),
            len(free),
        )

    expected = ("fi", "en"), ["sanna-koivisto"], ["keskusta"], fingerprint(installation.key())
    *facts, fewest, services = within(installation, found)
    assert tuple(facts) == expected
    assert (fewest > 10, services) == (True, 8)


def test_init_in_an_empty_directory_makes_everything_it_needs(turnet: Turnet, tmp_path: Path) -> None:
    answer = turnet("init", "--data", "new", "--yes", *TUOMI)

    assert (answer.code, answer.err) == (0, "")
    assert sorted(file.name for file in (tmp_path / "new").iterdir() if file.suffix in {".db", ".key"}) == [
        "secret.key", "turnet.db",
    ]  # fmt: skip
    assert (tmp_path / "new" / "secret.key").stat().st_mode & 0o077 == 0
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_init_asks_for_what_is_missing_and_asks_again_when_it_is_not_understood(tmp_path: Path) -> None:
    typed = [
        "Erez Dental",
        "IL",
        "",
        "he,xx",
        "he,en",
        "",
        "Carmel",
        "41 Moriah Avenue",
        "Haifa",
        "Yael Erez",
        "",
        "dental",
        "04-000-0140",
        "desk",
        "desk@erez.example",
    ]

    answer = CliRunner().invoke(cli.group, ["init", "--data", str(tmp_path / "asked")], input="\n".join(typed) + "\n")

    assert answer.exit_code == 0, answer.output
    assert "Time zone [Asia/Jerusalem]: " in answer.output
    assert "'xx' is not one of en, fi, he." in answer.output
    assert "Weekly hours [Sun-Thu 8-12,13-16; Fri 8-12]: " in answer.output
    assert "Erez Dental is ready" in answer.output
    with closing(sqlite3.connect(tmp_path / "asked" / "turnet.db")) as database:
        assert database.execute("SELECT phone, email FROM location").fetchall() == [
            ("04-000-0140", "desk@erez.example")
        ]


def test_second_init_is_refused_before_it_asks(turnet: Turnet, installation: Settings) -> None:
    turnet("init", "--yes", *TUOMI)

    answer = turnet("init")

    assert answer == Answer(1, "", "turnet: there is a clinic already; turnet serve opens it\n")


def test_init_that_fails_leaves_no_half_a_clinic(turnet: Turnet, installation: Settings) -> None:
    wrong = [*TUOMI, "--hours", "Mon 8-12,10-14"]

    answer = turnet("init", "--yes", *wrong)

    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("turnet: weekly hours of practitioner")
    assert within(installation, lambda: fetch("SELECT count(*) FROM clinic")) == [(0,)]
    assert within(installation, lambda: fetch("SELECT count(*) FROM location")) == [(0,)]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "--name is missing. See turnet init --help"),
        (("--zone", "Europe/Tampere"), "'Europe/Tampere' is not a time zone; write for example Europe/Helsinki."),
        (("--country", "Finland"), "'Finland' is not 2 letters, such as FI or IL."),
        (("--languages", "fi,sv"), "'sv' is not one of en, fi, he."),
        (("--hours", "always"), "hours 'always' are not understood; write for example: Mon-Fri 8-12,13-16; Sat 10-14."),
        (("--email", "desk"), "'desk' is not a mail address, such as desk@clinic.example."),
        (("--services", "vet"), "'vet' is not one of dental, physiotherapy, general."),
    ],
)
def test_wrong_answer_is_one_line(turnet: Turnet, more: tuple[str, ...], said: str) -> None:
    answer = turnet("init", "--yes", *more)

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert said in answer.err


# --- what is refused


def test_one_line_for_a_setting_that_cannot_be_used(turnet: Turnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURNET_LISTEN", "everywhere")

    assert turnet("serve") == Answer(
        1,
        "",
        "turnet: TURNET_LISTEN is 'everywhere'; it must be an address and a port, such as 127.0.0.1:8000\n",
    )


def test_one_line_for_a_database_that_does_not_answer(turnet: Turnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURNET_DATABASE_URL", "postgresql://turnet:secret@127.0.0.1:1/turnet")

    answer = turnet("day")

    assert answer == Answer(
        1, "", "turnet: the database of TURNET_DATABASE_URL does not answer: is it running, and is the address right?\n"
    )


def test_one_line_for_a_newer_schema(turnet: Turnet, installation: Settings) -> None:
    newer = "INSERT INTO migration (name, app_name, ran_on) VALUES ('9999', 'turnet', {}) RETURNING id"
    within(installation, lambda: fetch(newer, NOW.replace(tzinfo=None)))

    for command in ("migrate", "day", "doctor"):
        answer = turnet(command)
        assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
        assert answer.err.startswith("turnet: the database has schema 9999, this turnet knows ")


def test_one_line_for_a_file_that_is_no_database(turnet: Turnet, tmp_path: Path) -> None:
    (tmp_path / "turnet-data").mkdir()
    (tmp_path / "turnet-data" / "turnet.db").write_text("what is this " * 500)

    assert turnet("day") == Answer(1, "", "turnet: DatabaseError: file is not a database\n")


def test_one_line_where_nothing_is(turnet: Turnet) -> None:
    said = "turnet: there is no clinic in turnet-data; turnet init makes one, --data names another directory\n"

    assert turnet("day") == Answer(1, "", said)
    assert turnet("doctor") == Answer(1, "", said)


def test_worker_needs_postgres(turnet: Turnet) -> None:
    assert turnet("worker") == Answer(
        1, "", "turnet: a worker of its own needs Postgres: on SQLite, turnet serve does this work itself\n"
    )


@pytest.mark.parametrize(
    "command", [("serve",), ("worker",), ("init", "--yes", *TUOMI), ("migrate",)], ids=lambda c: c[0]
)
def test_demo_directory_is_refused(turnet: Turnet, tmp_path: Path, command: tuple[str, ...]) -> None:
    claim_directory(Settings(data=tmp_path / "demo", demo=True))

    answer = turnet(*command, "--data", "demo")

    assert answer == Answer(1, "", "turnet: demo holds a demo; open it with: turnet demo --data demo\n")


def test_demo_refuses_the_directory_of_a_clinic(turnet: Turnet, tmp_path: Path) -> None:
    turnet("init", "--yes", *TUOMI)

    answer = turnet("demo", "--data", "turnet-data")

    assert answer == Answer(1, "", "turnet: turnet-data is not a demo's directory; name an empty one with --data\n")


def test_whoever_writes_is_refused_while_a_server_runs(turnet: Turnet, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "turnet-data")
    settings.data.mkdir()

    with only_server(settings):
        answers = [turnet("init", "--yes", *TUOMI), turnet("migrate")]

    for answer in answers:
        assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
        assert answer.err.startswith(f"turnet: another turnet already serves turnet-data (process {os.getpid()})")


def test_unknown_command_is_one_line(turnet: Turnet) -> None:
    assert turnet("open") == Answer(2, "", "turnet: No such command 'open'. See turnet --help\n")


# --- help


@pytest.mark.parametrize("name", list(cli.group.commands))
def test_every_command_has_help_with_an_example(turnet: Turnet, name: str) -> None:
    answer = turnet(name, "--help")

    assert (answer.code, answer.err) == (0, "")
    assert f"Example:\n    turnet {name}" in answer.out or f" turnet {name}\n" in answer.out


def test_without_a_command_the_help_is_shown(turnet: Turnet) -> None:
    answer = turnet()

    assert (answer.code, answer.out) == (2, turnet("--help").out)


def test_help_imports_nothing_slow() -> None:
    slow = "asyncpg babel holidays jinja2 litestar piccolo rich saq uvicorn"
    code = f"import sys, turnet.cli; print([name for name in {slow!r}.split() if name in sys.modules])"

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout == "[]\n"


# --- migrate and day


def test_migrate_check_says_what_is_to_be_done_and_does_nothing(turnet: Turnet, tmp_path: Path) -> None:
    (tmp_path / "turnet-data").mkdir()
    sqlite3.connect(tmp_path / "turnet-data" / "turnet.db").close()

    before = turnet("migrate", "--check")
    ran = turnet("migrate")
    after = turnet("migrate", "--check")

    assert (before.code, before.err.startswith("turnet: to be run: 0001, 0002")) == (1, True)
    assert (ran.code, ran.out.startswith("ran 0001, 0002")) == (0, True)
    assert after == Answer(0, "the schema is up to date\n", "")


def test_day_lists_who_comes_without_the_cancelled(turnet: Turnet, installation: Settings) -> None:
    async def filled() -> list[str]:
        clinic = await a_clinic()
        act = Act(now=NOW, real=NOW, key=b"k" * 32)
        check_up = clinic.services["check-up"].id
        visits = []
        for name, when in (("Eero Aalto", "09:40"), ("Anna Mäkelä", "08:20"), ("Ruti Salo", "10:40")):
            wish = Wish(
                service=check_up, start=at(f"2026-12-03T{when}+02:00"), practitioner=clinic.practitioners["sanna"].id
            )
            visits.append((await book(act, clinic, wish, Person(name, email="x@mail.example"), once=name)).visit)
        await cancel(act, clinic, visits[2].id)
        return [visit.reference for visit in visits]

    eero, anna, _cancelled = within(installation, filled)

    answer = turnet("day", "2026-12-03")

    assert answer == Answer(
        0,
        "Thursday 3 December 2026, 2 visits\n"
        f"08:20\tAnna Mäkelä\tCheck-up\tSanna Koivisto\t2\tKeskusta\tbooked\t{anna}\n"
        f"09:40\tEero Aalto\tCheck-up\tSanna Koivisto\t1\tKeskusta\tbooked\t{eero}\n",
        "",
    )
    assert turnet("day", "2026-12-04").out == "Friday 4 December 2026, 0 visits\n"


def test_day_that_is_no_date_is_one_line(turnet: Turnet) -> None:
    answer = turnet("day", "tomorrow")

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "'tomorrow' does not match the format '%Y-%m-%d'" in answer.err


# --- real processes


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _started(*arguments: str, **more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from turnet.cli import main; main()", *arguments]
    return subprocess.Popen(
        command, env={**os.environ, **more}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _ask(url: str, running: subprocess.Popen[str], seconds: float = 40) -> int:
    """The status once somebody answers."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and running.poll() is None:
        try:
            with urllib.request.urlopen(url) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            time.sleep(0.1)
    raise AssertionError(running.communicate(timeout=5))


def test_port_in_use_is_one_line_and_makes_no_clinic(tmp_path: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        running = _started("demo", "--port", str(port), "--data", "demo")
        out, err = running.communicate(timeout=60)

    assert (running.returncode, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"turnet: cannot listen on 127.0.0.1:{port}")
    assert not (tmp_path / "demo" / "turnet.db").exists()


@pytest.mark.slow
def test_demo_says_where_it_is_serves_and_ends_cleanly(port: int) -> None:
    running = _started("demo", "--port", str(port), "--data", "demo")
    try:
        up = _ask(f"http://127.0.0.1:{port}/up", running)
        second = _started("demo", "--port", str(port), "--data", "demo")
        second_out, second_err = second.communicate(timeout=60)
    finally:
        running.send_signal(signal.SIGINT)
        out, _err = running.communicate(timeout=30)

    assert (up, running.returncode) == (200, 0)
    assert f"http://127.0.0.1:{port}/-/demo " in out
    assert (second.returncode, second_out, second_err.count("\n")) == (1, "", 1)
    assert second_err.startswith("turnet: another turnet already serves demo")
