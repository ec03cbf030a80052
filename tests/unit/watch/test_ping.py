"""The address elsewhere hears from us every five minutes while all is well, and of nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from turnet.watch import ping
from turnet.watch.ping import Ping


class Listener:
    """An HTTP server on loopback that keeps what it was asked."""

    def __init__(self, status: str) -> None:
        self.status, self.asked = status, list[str]()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head.splitlines()[0])
        writer.write(f"HTTP/1.1 {self.status}\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def listening(status: str = "200 OK") -> AsyncIterator[tuple[Listener, str]]:
    listener = Listener(status)
    server = await asyncio.start_server(listener.answer, "127.0.0.1", 0)
    async with server:
        yield listener, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/abc?d=1"


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds on the clock that never goes back: `passed[0] += 60`."""
    seconds = [1000.0]
    monkeypatch.setattr(ping, "monotonic", lambda: seconds[0])
    return seconds


async def test_asks_every_five_minutes(passed: list[float]) -> None:
    async with listening() as (listener, url):
        one = Ping(url)
        for _minute in range(11):
            await one.while_well(well=True)
            passed[0] += 60

    assert listener.asked == ["GET /abc?d=1 HTTP/1.1"] * 3


async def test_silence_while_something_is_wrong_and_a_word_as_soon_as_it_is_not(passed: list[float]) -> None:
    async with listening() as (listener, url):
        one = Ping(url)
        for well in (True, *[False] * 20, True):
            await one.while_well(well=well)
            passed[0] += 60

    assert len(listener.asked) == 2


@pytest.mark.parametrize("status", ["500 Broken", "302 Found", "404 Not Found"])
async def test_refusal_is_tried_again_the_next_minute_and_no_redirect_is_followed(
    status: str, passed: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(status) as (listener, url):
        one = Ping(url)
        await one.while_well(well=True)
        passed[0] += 60
        await one.while_well(well=True)

    assert listener.asked == ["GET /abc?d=1 HTTP/1.1"] * 2
    assert [record.getMessage() for record in caplog.records] == ["TURNET_PING_URL refuses"] * 2


async def test_nobody_there_is_only_said_in_the_log_without_the_address(caplog: pytest.LogCaptureFixture) -> None:
    async with listening() as (_listener, url):
        pass

    await Ping(url).while_well(well=True)

    assert [record.getMessage() for record in caplog.records] == ["TURNET_PING_URL does not answer"]
    assert "/abc" not in caplog.text


async def test_without_an_address_nobody_is_asked() -> None:
    await Ping("").while_well(well=True)
