"""Two server processes on one Postgres: what one has taken the other cannot give away."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.db.booking.acts import overlaps
from tests.factories import a_clinic
from tests.races.crowd import strip_guard
from turnet.db.engine import AnyEngine
from turnet.settings import Settings

ROOT = Path(__file__).parents[2]


def raced(url: str, how: str) -> list[int]:
    """Lets two processes go at once; returns how many bookings each made."""
    command = [sys.executable, "-m", "tests.races.process", url, how]
    both = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [int(process.communicate(timeout=50)[0]) for process in both]


@pytest.mark.parametrize("settings", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
@pytest.mark.parametrize("protected", [True, False], ids=["protected", "control"])
async def test_two_processes_and_overlapping_times(engine: AnyEngine, settings: Settings, protected: bool) -> None:
    await a_clinic()
    if not protected:
        await strip_guard(engine)

    counts = await asyncio.to_thread(raced, settings.database_url, "whole" if protected else "stripped")

    if protected:
        assert (sum(counts), await overlaps()) == (1, 0)
    else:
        assert (sum(counts) > 1, await overlaps() > 0) == (True, True)
