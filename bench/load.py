"""Load from outside: wrk for reads, a small keep-alive client for bookings. Loopback only, bounded in time."""

import asyncio
import re
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

CONNECTIONS = 16


@dataclass(frozen=True)
class Rate:
    per_second: float
    p50_ms: float
    p99_ms: float
    errors: int = 0


def reads(url: str, *, seconds: float, headers: Mapping[str, str] | None = None) -> Rate:
    """Requests per second of one address, by wrk with one thread and sixteen connections."""
    if shutil.which("wrk") is None:
        raise SystemExit("the benchmark of reads needs wrk (apt-get install wrk)")
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "--latency"]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    said = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    return Rate(
        per_second=float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]),  # type: ignore[index]
        p50_ms=_milliseconds(said, "50%"),
        p99_ms=_milliseconds(said, "99%"),
        errors=int(wrong[1]) if wrong else 0,
    )


def _milliseconds(said: str, percentile: str) -> float:
    match = re.search(rf"{percentile}\s+([\d.]+)(us|ms|s)", said)
    assert match is not None
    return float(match[1]) * {"us": 0.001, "ms": 1, "s": 1000}[match[2]]


@dataclass
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Connection:
    """One keep-alive HTTP/1.1 connection to loopback."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        for last_try in (False, True):
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            try:
                writer.write(request)
                return await self._answer(reader, await reader.readuntil(b"\r\n\r\n"))
            except (asyncio.IncompleteReadError, ConnectionError):
                self.close()
                if last_try:
                    raise
        raise AssertionError

    async def _answer(self, reader: asyncio.StreamReader, head: bytes) -> Answer:
        first, *lines = head.decode("latin1").split("\r\n")
        answer = Answer(int(first.split()[1]))
        for line in lines:
            name, _, value = line.partition(":")
            if name.lower() == "set-cookie":
                key, _, rest = value.strip().partition("=")
                answer.cookies[key] = rest.split(";")[0]
            else:
                answer.headers[name.lower()] = value.strip()
        if "content-length" in answer.headers:
            answer.body = await reader.readexactly(int(answer.headers["content-length"]))
        elif answer.headers.get("transfer-encoding") == "chunked":
            while size := int(await reader.readline(), 16):
                answer.body += (await reader.readexactly(size + 2))[:-2]
            await reader.readline()
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def writes(act: Callable[[int], Awaitable[bool]], *, clients: int, seconds: float) -> Rate:
    """Acts per second; `act` gets the client's number and says whether it worked."""
    spent: list[float] = []
    failed = 0
    until = time.perf_counter() + seconds

    async def client(number: int) -> None:
        nonlocal failed
        while time.perf_counter() < until:
            start = time.perf_counter()
            if await act(number):
                spent.append(time.perf_counter() - start)
            else:
                failed += 1

    began = time.perf_counter()
    await asyncio.gather(*(client(number) for number in range(clients)))
    took = time.perf_counter() - began
    spent.sort()
    return Rate(
        len(spent) / took,
        spent[len(spent) // 2] * 1000 if spent else 0,
        spent[int(len(spent) * 0.99)] * 1000 if spent else 0,
        failed,
    )
