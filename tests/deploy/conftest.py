"""A listening systemd, and programs of which none outlives its test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.deploy.served import Program, Systemd
from turnet.settings import Settings

Start = Callable[..., Program]


@pytest.fixture
def systemd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Systemd]:
    listening = Systemd(tmp_path_factory.mktemp("s"))
    yield listening
    listening.close()


@pytest.fixture
def start(systemd: Systemd) -> Iterator[Start]:
    with starting(systemd) as start:
        yield start


@contextmanager
def starting(systemd: Systemd) -> Iterator[Start]:
    """`start(command, settings, **environment)`; returns once the program says that it is ready."""
    running: list[Program] = []

    def started(command: list[str], settings: Settings, *, wait: bool = True, **more: str) -> Program:
        program = Program(command, settings, systemd, **more)
        running.append(program)
        if wait:
            _until_ready(program, systemd)
        return program

    try:
        yield started
    finally:
        for program in running:
            program.killed()


def _until_ready(program: Program, systemd: Systemd) -> None:
    for _ in range(60):
        if "READY=1" in systemd.next(1):
            return
        ended = program.process.poll()
        assert ended is None, f"it ended with {ended}: {program.log.read_text()}"
    pytest.fail(f"it was not ready within a minute: {program.log.read_text()}")
