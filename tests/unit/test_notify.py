"""What systemd hears on its socket."""

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from turnet.notify import notify, watchdog_seconds, watched
from turnet.pulse import Pulse


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listens:
        listens.bind(address)
        listens.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        yield listens


def heard(systemd: socket.socket) -> list[str]:
    said = []
    while True:
        try:
            said.append(systemd.recv(4096).decode())
        except BlockingIOError:
            return said


def test_facts_go_as_lines_of_one_datagram(systemd: socket.socket) -> None:
    notify("READY=1", "STATUS=serving https://times.clinic.example")

    assert heard(systemd) == ["READY=1\nSTATUS=serving https://times.clinic.example"]


def test_abstract_socket_is_written_with_an_at_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"turnet-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listens:
        listens.bind("\0" + name)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name)

        notify("READY=1")

        assert listens.recv(100) == b"READY=1"


def test_without_a_socket_nothing_is_said(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)

    notify("READY=1")

    assert caplog.records == []


def test_systemd_that_is_gone_is_told_in_the_log_and_harms_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))

    notify("READY=1")

    assert [record.getMessage() for record in caplog.records] == ["systemd does not listen"]


def test_systemd_that_does_not_read_holds_nobody_up(systemd: socket.socket, caplog: pytest.LogCaptureFixture) -> None:
    began = time.monotonic()
    for _ in range(1000):
        notify("WATCHDOG=1")

    assert time.monotonic() - began < 5
    assert caplog.records[-1].getMessage() == "systemd does not listen"


@pytest.mark.parametrize(
    ("env", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "60000000"}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),  # somebody else is watched
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_watchdog_is_fed_when_systemd_watches_this_process(env: dict[str, str], seconds: float | None) -> None:
    assert watchdog_seconds(env) == seconds


async def _watched(pulse: Pulse, patience: float, beats: int) -> None:
    """As long as `beats` signs of life would take; the pulse stays as it is."""
    task = asyncio.create_task(watched(pulse, patience))
    await asyncio.sleep(patience / 4 * (beats - 0.5))
    task.cancel()


async def test_steady_pulse_feeds_it_four_times_in_its_patience(systemd: socket.socket) -> None:
    await _watched(Pulse(), patience=0.8, beats=2)

    assert heard(systemd) == ["WATCHDOG=1", "WATCHDOG=1"]


async def test_worker_not_seen_for_half_the_patience_starves_it_and_is_told_once(
    systemd: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    await _watched(Pulse(worker=time.monotonic() - 1), patience=0.8, beats=3)

    assert heard(systemd) == ["STATUS=the worker takes no jobs; waiting for a restart"]
    assert [record.getMessage() for record in caplog.records] == ["the worker takes no jobs"]
