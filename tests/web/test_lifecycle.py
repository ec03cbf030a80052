"""A real server process, from its start to a clean end."""

import asyncio
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.factories import a_clinic
from turnet.clinic import tables
from turnet.db.engine import bind, engine_for
from turnet.settings import Settings

pytestmark = pytest.mark.slow

START = """
import asyncio, sys
from collections.abc import AsyncIterator
from pathlib import Path
from litestar import Request, get, post
from litestar.response import Stream
from turnet import app as wiring, worker
from turnet.server import serve
from turnet.settings import Settings

data, database, port, trusted = sys.argv[1:]

async def long_job(context):
    Path(data, "began").touch()
    await asyncio.sleep(1.5)
    Path(data, "ended").touch()

worker.schedule.FUNCTIONS.append(long_job)

@post("/-/job")
async def job(request: Request) -> None:
    await queue.enqueue("long_job", key="long", timeout=30)

@get("/-/client")
async def client(request: Request) -> str:
    return request.client.host

@get("/-/stream")
async def stream(request: Request) -> Stream:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"open\\n"
        await request.app.state.closing.wait()
        yield b"closed\\n"
    return Stream(pieces())

working = worker.working
def remembered(*arguments):
    global queue
    class Kept:
        async def __aenter__(self):
            global queue
            self.inner = working(*arguments)
            queue = await self.inner.__aenter__()
        async def __aexit__(self, *error):
            await self.inner.__aexit__(*error)
    return Kept()
worker.working = remembered
wiring.health.routes += [job, stream, client]

serve(Settings(data=Path(data), database_url=database, listen=f"127.0.0.1:{port}", trusted_proxies=trusted))
"""


@dataclass
class Served:
    process: subprocess.Popen[bytes]
    port: int

    def ask(self, method: str, path: str, **headers: str) -> tuple[int, bytes]:
        with closing(self.connected()) as connection:
            connection.request(method, path, headers={name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def connected(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def stopped(self, signal_number: int = signal.SIGTERM) -> tuple[int, float]:
        """Exit code and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal_number)
        return self.process.wait(timeout=20), time.monotonic() - began


Serve = Callable[..., Served]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers, waits until they are up, and leaves none behind."""
    running: list[subprocess.Popen[bytes]] = []

    def start(settings: Settings, *, wait: bool = True, trusted: str = "") -> Served:
        port = _free_port()
        command = [sys.executable, "-c", START, str(settings.data), settings.database_url, str(port), trusted]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/")
        running.append(process)
        served = Served(process, port)
        if wait:
            _until(lambda: _is_up(served), process)
        return served

    yield start
    for process in running:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _is_up(served: Served) -> bool:
    try:
        return served.ask("GET", "/up") == (200, b"up\n")
    except OSError:
        return False


def _until(true: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if true():
            return
        assert process.poll() is None, "the server ended"
        time.sleep(0.05)  # a process of its own: there is nothing else to wait on
    pytest.fail("it did not happen within half a minute")


def test_ends_cleanly_with_open_connections_and_a_running_job(serve: Serve, settings: Settings) -> None:
    server = serve(settings)
    idle = server.connected()
    idle.request("GET", "/up")
    idle.getresponse().read()
    stream = server.connected()
    stream.request("GET", "/-/stream")
    streamed = stream.getresponse()
    assert streamed.readline() == b"open\n"
    server.ask("POST", "/-/job")
    _until(lambda: (settings.data / "began").exists(), server.process)

    code, seconds = server.stopped()

    assert (code, seconds < 5) == (0, True)
    assert (settings.data / "ended").exists()
    assert streamed.read() == b"closed\n"
    assert [file.name for file in settings.data.iterdir() if file.name.endswith(("-wal", "-shm"))] == []
    idle.close()
    stream.close()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_ctrl_c_is_a_clean_end_too(serve: Serve, settings: Settings) -> None:
    code, seconds = serve(settings).stopped(signal.SIGINT)

    assert (code, seconds < 3) == (0, True)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_second_server_of_one_directory_is_refused(serve: Serve, settings: Settings) -> None:
    first = serve(settings)
    second = serve(settings, wait=False)
    assert second.process.stderr is not None

    said = second.process.stderr.read().decode()

    assert second.process.wait(timeout=20) == 1
    assert said.splitlines()[-1] == (
        f"turnet.server.Refused: another turnet already serves {settings.data} (process {first.process.pid}): "
        "stop it first, or name another directory with --data"
    )
    assert first.ask("GET", "/up") == (200, b"up\n")


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_directory_is_free_again_after_a_crash(serve: Serve, settings: Settings) -> None:
    first = serve(settings)
    first.process.kill()
    first.process.wait()

    assert serve(settings).ask("GET", "/up") == (200, b"up\n")


@pytest.mark.postgres
@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
def test_postgres_takes_several_servers(serve: Serve, settings: Settings) -> None:
    servers = [serve(settings), serve(settings)]

    assert [server.ask("GET", "/up") for server in servers] == [(200, b"up\n")] * 2


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_demo_is_not_served_as_a_clinic(settings: Settings) -> None:
    (settings.data / ".demo").touch()

    ended = _served_alone(settings, {})

    assert (ended.returncode, ended.stderr.decode()) == (
        1,
        f"turnet: {settings.data} holds a demo: turnet demo --data {settings.data} opens it\n",
    )


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_address_in_use_is_refused_before_anything_is_touched(settings: Settings, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        ended = _served_alone(Settings(data=empty), {"TURNET_LISTEN": address})

    assert (ended.returncode, ended.stderr.decode().splitlines()[-1]) == (
        1,
        f"turnet: cannot listen on {address} (Address already in use): choose another address with TURNET_LISTEN",
    )
    assert [file.name for file in empty.iterdir()] == ["serve.lock"]


def test_a_server_loads_nothing_heavy_that_it_does_not_use(tmp_path: Path) -> None:
    loads = """
import sys
from pathlib import Path
from turnet.app import create_app
from turnet.settings import Settings
create_app(Settings(data=Path(sys.argv[1])))
print(*sorted({"attrs", "black", "msgspec", "pydantic", "rich"} & set(sys.modules)))
"""
    said = subprocess.run([sys.executable, "-c", loads, str(tmp_path)], capture_output=True, check=True, text=True)

    assert said.stdout == "msgspec\n", "and msgspec shows that what is loaded is seen"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_wrong_key_is_refused_in_one_line(settings: Settings) -> None:
    asyncio.run(_clinic_with_another_key(settings))

    ended = _served_alone(settings, {"TURNET_LISTEN": f"127.0.0.1:{_free_port()}"})

    assert (ended.returncode, ended.stderr.decode().splitlines()[-1]) == (
        1,
        (
            f"turnet: {settings.key_file} is not the key of this database: put the right one back from a backup, "
            "links depend on it"
        ),
    )


async def _clinic_with_another_key(settings: Settings) -> None:
    engine = engine_for(settings)
    bind(engine)
    await a_clinic()
    await tables.Clinic.update({tables.Clinic.key_fingerprint: "another"}).where(tables.Clinic.id == 1)
    await engine.close_connection_pool()


def _served_alone(settings: Settings, more: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    """For a server that does not start: it runs to its end."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("TURNET_")}
    environment |= {"TURNET_DATA": str(settings.data), **more}
    return subprocess.run(
        [sys.executable, "-m", "turnet.server"], env=environment, capture_output=True, timeout=30, check=False, cwd="/"
    )


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("trusted", "forwarded", "client"),
    [
        ("", "9.9.9.9", b"127.0.0.1"),
        ("127.0.0.1", "9.9.9.9", b"9.9.9.9"),
        ("127.0.0.1", "6.6.6.6, 9.9.9.9", b"9.9.9.9"),
        ("10.0.0.1", "9.9.9.9", b"127.0.0.1"),
    ],
)
def test_forwarded_address_is_believed_of_a_trusted_proxy_only(
    serve: Serve, settings: Settings, trusted: str, forwarded: str, client: bytes
) -> None:
    server = serve(settings, trusted=trusted)

    assert server.ask("GET", "/-/client", X_Forwarded_For=forwarded) == (200, client)
