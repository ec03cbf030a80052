"""`turnet serve` and `turnet worker` under systemd's eyes: ready, alive, stopping."""

import configparser
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.deploy.conftest import Start
from tests.deploy.served import TURNET, Systemd, free_port
from turnet.settings import Settings
from turnet.worker import IDLE_SECONDS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PATIENCE = 4.0
WATCHED = {"WATCHDOG_USEC": str(int(PATIENCE * 1e6))}

FAULTY = """
import signal, sys, time
from turnet import pulse, worker
from turnet.cli import main

worker.IDLE_SECONDS, pulse.BEAT_SECONDS = 0.2, 0.1
OwnWorker = worker.OwnWorker
workers = []

class Kept(OwnWorker):
    def __init__(self, *arguments, **more):
        workers.append(self)
        super().__init__(*arguments, **more)

worker.OwnWorker = Kept

async def stuck(self):
    import asyncio
    await asyncio.Event().wait()

FAULTS = {
    "every hand of the worker is stuck": lambda: setattr(OwnWorker, "process", stuck),
    "the worker has ended": lambda: workers[0].event.set(),
    "the loop is blocked": lambda: time.sleep(3600),
}
signal.signal(signal.SIGUSR1, lambda *_: FAULTS[sys.argv[1]]())

if sys.argv[2] == "loop alone":
    steady = pulse.Pulse.steady
    pulse.Pulse.steady = lambda self, within: time.monotonic() - self.loop <= within

main(sys.argv[3:])
"""


def faulty(fault: str, fed_by: str = "both") -> list[str]:
    """The program, into which SIGUSR1 brings the fault."""
    return [sys.executable, "-c", FAULTY, fault, fed_by]


@pytest.fixture
def serving(settings: Settings) -> Settings:
    return replace(settings, listen=f"127.0.0.1:{free_port()}")


on_sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@on_sqlite
def test_ready_is_said_once_pages_are_served_and_stopping_when_told_to(
    start: Start, systemd: Systemd, serving: Settings
) -> None:
    server = start([*TURNET, "serve"], serving)

    assert server.get("/up")[::2] == (200, "up\n")
    assert systemd.within(1) == []  # nobody watches: no pings
    server.process.send_signal(signal.SIGTERM)
    assert systemd.next() == ["STOPPING=1", "STATUS=stopping"]
    assert server.process.wait(timeout=20) == 0


@on_sqlite
def test_one_that_cannot_serve_never_says_it_is_ready(start: Start, systemd: Systemd, serving: Settings) -> None:
    (serving.data / "turnet.db").write_bytes(b"not a database" * 100)

    server = start([*TURNET, "serve"], serving, wait=False)

    assert server.process.wait(timeout=30) == 1
    assert systemd.within(0.1) == []


@on_sqlite
def test_signs_of_life_come_and_one_line_says_what_it_does(start: Start, systemd: Systemd, serving: Settings) -> None:
    server = start([*faulty("the worker has ended"), "serve"], serving, wait=False, **WATCHED)

    assert systemd.until("READY=1")[-1] == ["READY=1", f"STATUS=serving http://{serving.listen}"]
    assert systemd.within(PATIENCE)[:3] == [["WATCHDOG=1"]] * 3
    assert server.stopped() == 0


@pytest.mark.postgres
@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
def test_a_worker_of_its_own_says_the_same(start: Start, systemd: Systemd, settings: Settings) -> None:
    worker = start([*faulty("the worker has ended"), "worker"], settings, **WATCHED)

    assert systemd.within(PATIENCE)[:3] == [["WATCHDOG=1"]] * 3
    worker.process.send_signal(signal.SIGTERM)
    assert systemd.until("STOPPING=1")[-1] == ["STOPPING=1", "STATUS=stopping"]
    assert worker.process.wait(timeout=20) == 0


FAULTS = ("every hand of the worker is stuck", "the worker has ended", "the loop is blocked")


@on_sqlite
@pytest.mark.parametrize("fault", FAULTS)
def test_no_sign_of_life_comes_when(fault: str, start: Start, systemd: Systemd, serving: Settings) -> None:
    server = start([*faulty(fault), "serve"], serving, **WATCHED)
    assert systemd.next() == ["WATCHDOG=1"]

    server.process.send_signal(signal.SIGUSR1)

    systemd.within(PATIENCE * 0.75)  # what was seen before the fault counts for half its patience
    assert ["WATCHDOG=1"] not in systemd.within(PATIENCE * 0.75)
    assert server.process.poll() is None


@on_sqlite
@pytest.mark.parametrize("fault", FAULTS[:2])
def test_control_a_watchdog_fed_by_the_loop_alone_would_not_notice_that(
    fault: str, start: Start, systemd: Systemd, serving: Settings
) -> None:
    server = start([*faulty(fault, fed_by="loop alone"), "serve"], serving, **WATCHED)
    assert systemd.next() == ["WATCHDOG=1"]

    server.process.send_signal(signal.SIGUSR1)

    systemd.within(PATIENCE * 0.75)
    assert ["WATCHDOG=1"] in systemd.within(PATIENCE * 0.75)


def test_patience_of_the_unit_is_longer_than_an_idle_worker_stays_silent() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "deploy" / "turnet.service")

    assert int(unit["Service"]["WatchdogSec"]) / 2 >= 2 * IDLE_SECONDS
