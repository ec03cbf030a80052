"""kill -9 of whoever works on a received SMS: afterwards it is as if it had been worked on once."""

import subprocess
import sys

import pytest

from tests.db.booking.acts import overlaps, stored
from tests.db.conversation.conftest import talk  # noqa: F401
from tests.db.conversation.talk import Talk
from turnet.conversation.meaning import Asked
from turnet.db.transactions import fetch

pytestmark = pytest.mark.slow

POINTS = ("asked", "acted", "written", "committed")
THURSDAY = "2026-12-03T09:20+02:00"


def worked(of: Talk, point: str) -> int:
    """The exit code of a worker that dies there."""
    command = [sys.executable, "-m", "tests.chaos.answering", of.settings.data, of.settings.database_url, point]
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode


@pytest.mark.parametrize("point", POINTS)
async def test_they_cannot_come(talk: Talk, point: str) -> None:  # noqa: F811
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana")
    await talk.receive("2")

    ends = [worked(talk, point), worked(talk, "nowhere")]

    assert ends == [-9, 0]
    assert await stored("count(*) FROM claim WHERE kind = 'offer'") == [(3,)]
    assert await stored("kind FROM message WHERE state = 'queued'") == [("answer_times",)]
    assert await stored("state, outcome FROM inbound") == [("done", "times")]
    assert len(await talk.us()) == 1


@pytest.mark.parametrize("point", POINTS)
async def test_they_choose_another_time(talk: Talk, point: str) -> None:  # noqa: F811
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana")
    await talk.them("2")
    await talk.us()
    await talk.receive("B")

    ends = [worked(talk, point), worked(talk, "nowhere")]

    assert ends == [-9, 0]
    assert (await talk.start("Dana"), await overlaps()) == ("Mon 09:20", 0)
    assert await stored("count(*) FROM booking_event WHERE act = 'moved'") == [(1,)]
    assert await talk.us() == ["Thank you. Your new time is Mon 7 Dec 09:20."]


async def test_control_an_act_apart_from_what_is_written_down_happens_twice(talk: Talk) -> None:  # noqa: F811
    """What the first one did was committed, and that it had was not."""
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana")
    id = await talk.receive("2")

    worked(talk, "nowhere")
    await fetch("UPDATE inbound SET state = 'new' WHERE id = {}", id)
    worked(talk, "nowhere")

    assert await stored("count(*) FROM claim WHERE kind = 'offer'") != [(3,)]
