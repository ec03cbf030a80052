"""`serve`: pages, API and worker in this process. `work`: the worker alone. Both end cleanly on SIGTERM and Ctrl+C."""

import asyncio
import fcntl
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from litestar import Litestar

from turnet import log as logs
from turnet.app import create_app
from turnet.clinic.queries import clinic
from turnet.clock import Clock, SystemClock
from turnet.errors import Unavailable
from turnet.notify import notify, watchdog_seconds, watched
from turnet.settings import Settings, load
from turnet.staff.service.links import first_owner

log = logging.getLogger("turnet.server")

GRACE_SECONDS = 10
"""How long requests that run may take to end when the process stops."""
_KEEP_ALIVE_SECONDS = 15
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Refused(RuntimeError):
    """This cannot be served; the text is one line that says why and what to do."""


def serve(settings: Settings, clock: Clock | None = None) -> None:
    """Returns after a clean stop. Raises `Refused`, `NewerSchema`, `WrongKey` or `BadSetting`: one clear line each."""
    if not settings.demo and (settings.data / ".demo").exists():
        raise Refused(f"{settings.data} holds a demo: turnet demo --data {settings.data} opens it")
    _log(settings)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with only_server(settings), listening(settings) as listener:
        app = create_app(settings, clock=clock, control=settings.on_sqlite)
        config = config_for(app, settings)
        _run(_serve(app, Server(config, app), listener), config)


def work(settings: Settings, clock: Clock | None = None) -> None:
    """The worker of a Postgres installation, without pages. Returns after a clean stop."""
    _log(settings)
    app = create_app(settings, clock=clock)
    _run(_until_told(app), config_for(app, settings))


def config_for(app: Litestar, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


class Server(uvicorn.Server):
    """Says when it listens, tells open streams to end before it waits for requests, does not pass a handled signal on."""

    def __init__(self, config: uvicorn.Config, app: Litestar) -> None:
        super().__init__(config)
        self._app = app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        address = self._app.state.settings.origin
        log.info("serving", extra={"address": address})
        notify("READY=1", f"STATUS=serving {address}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        notify("STOPPING=1", "STATUS=stopping")
        self._app.state.closing.set()
        await super().shutdown(sockets)
        self._captured_signals.clear()


async def _serve(app: Litestar, server: Server, listener: socket.socket) -> None:
    async with app.lifespan(), _showing_life(app):
        await _invite_the_owner(app)
        await server.serve(sockets=[listener])


async def _invite_the_owner(app: Litestar) -> None:
    """While the clinic has no account at all: a one-time link on the console, never in the log."""
    settings: Settings = app.state.settings
    try:
        link = await first_owner(app.state.clock.real()) if await clinic() else None
    except Unavailable:
        return
    if link:
        sys.stdout.write(
            f"Nobody can log in at the desk yet. This link makes its user the owner, once, within a day:\n"
            f"  {settings.origin}/join/{link}\n"
        )
        sys.stdout.flush()


async def _until_told(app: Litestar) -> None:
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    async with app.lifespan(), _showing_life(app):
        log.info("working")
        notify("READY=1", "STATUS=working")
        await told.wait()
        notify("STOPPING=1", "STATUS=stopping")


@asynccontextmanager
async def _showing_life(app: Litestar) -> AsyncIterator[None]:
    """The loop's beat is measured inside, and systemd hears of it if it listens."""
    patience = watchdog_seconds(os.environ)
    tasks = [asyncio.create_task(app.state.pulse.beating())]
    if patience:
        tasks.append(asyncio.create_task(watched(app.state.pulse, patience)))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


def _run(main: Coroutine[Any, Any, None], config: uvicorn.Config) -> None:
    factory: Callable[[], asyncio.AbstractEventLoop] | None = config.get_loop_factory()
    with asyncio.Runner(loop_factory=factory) as runner:
        try:
            runner.run(main)
        except BaseExceptionGroup as group:
            raise _only(group) from None


def _only(error: BaseException) -> BaseException:
    """What really happened, where a task group wrapped it."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


@contextmanager
def only_server(settings: Settings) -> Iterator[None]:
    """On SQLite one process serves a data directory. Held for life, and freed by the system when the process dies."""
    if not settings.on_sqlite:
        yield
        return
    with (settings.data / "serve.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise Refused(
                f"another turnet already serves {settings.data} (process {holder}): stop it first, or name another "
                "directory with --data"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """Taken before anything is prepared, so that an address in use changes nothing."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else error
        raise Refused(
            f"cannot listen on {settings.listen} ({why}): choose another address with TURNET_LISTEN"
        ) from error
    with listener:
        yield listener


def _log(settings: Settings) -> None:
    logs.configure()
    for chatty in ("uvicorn.error", "piccolo"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    if not settings.limited:
        log.warning("TURNET_LIMITS is off: nothing holds back somebody who books or guesses without end")
    if settings.host not in _LOOPBACK and settings.https and not settings.trusted_proxies:
        log.warning("TURNET_TRUSTED_PROXIES is empty: behind a proxy all visitors share one address and its limits")


def main() -> None:
    """`python -m turnet.server`: serves with the settings of the environment."""
    try:
        serve(load(os.environ), SystemClock())
    except Exception as error:  # noqa: BLE001  (one clear line, whatever it was)
        sys.exit(f"turnet: {error}")


if __name__ == "__main__":
    main()
