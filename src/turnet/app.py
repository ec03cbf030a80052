"""The only wiring: what starts and stops, in which order, and what is served."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.datastructures import State
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from litestar.types import ControllerRouterHandler

from turnet.clock import Clock, SystemClock
from turnet.control import answering
from turnet.db.engine import bind, engine_for
from turnet.db.start import migrate, settled_key
from turnet.db.transactions import effects_done
from turnet.db.versions import listening
from turnet.live import Hub, watching
from turnet.messaging import held, outbox
from turnet.messaging.channels.chosen import repeatable
from turnet.pulse import Pulse
from turnet.settings import Settings
from turnet.staff.service import sessions
from turnet.traffic import Traffic
from turnet.watch.look import Watch
from turnet.web import api, desk, hooks, public
from turnet.web.desk.app.live import STREAM
from turnet.web.kit import assets, errors, health, metrics
from turnet.web.kit.cache import PageCache
from turnet.web.kit.compression import pressed
from turnet.web.kit.csrf import OwnPagesOnly
from turnet.web.kit.headers import secured
from turnet.web.kit.middleware import counted, head_as_get, layered, one_spelling

LARGEST_BODY = 64 * 1024
"""Bytes of a form; the API says its own."""


class Lean(Litestar):
    """Without Pydantic, which Piccolo installs and nothing here uses: Litestar would load it (9 MB)."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]


def create_app(
    settings: Settings, *, clock: Clock | None = None, worker: bool = True, control: bool = False
) -> Litestar:
    """The whole program behind one address; `worker=False` leaves recurring and queued jobs to another process.

    `control=True` answers commands at the directory's socket, for the process that holds its lock.
    """
    return equipped(routed(settings, worker=worker, control=control), settings, clock or SystemClock())


def routed(settings: Settings, *, worker: bool, control: bool) -> Litestar:
    """Everything that is asked for by its address, which of the settings only `demo` and `origin` decide.

    It is nine tenths of the work of making the app, and it holds nothing that happens later.
    """
    return Lean(
        route_handlers=_routes(settings),
        lifespan=[_database, *([_worker] if worker else []), *([_control] if control else [])],
        middleware=[OwnPagesOnly(settings.origin)],
        exception_handlers=errors.handlers,
        request_max_body_size=LARGEST_BODY,
        openapi_config=None,
        logging_config=None,
    )


def equipped(app: Litestar, settings: Settings, clock: Clock) -> Litestar:
    """`app` of `routed`, with all that it keeps while it runs and the layers in front of it."""
    traffic, pulse, closing = Traffic(), Pulse(), asyncio.Event()
    app.state = State(
        {
            "settings": settings,
            "clock": clock,
            "closing": closing,
            "live": Hub(closing),
            "traffic": traffic,
            "pulse": pulse,
            "watch": Watch(settings, clock, pulse),
        }
    )
    app.asgi_handler = layered(
        app.asgi_handler,
        secured(settings),
        head_as_get,
        one_spelling,
        PageCache(clock),
        counted(traffic, besides=STREAM),
        pressed,
    )
    return app


def _routes(settings: Settings) -> list[ControllerRouterHandler]:
    routes = [*health.routes, *metrics.routes, *assets.routes, *public.routes, *desk.routes, *api.routes, *hooks.routes]
    if settings.demo:
        from turnet.web import demo  # noqa: PLC0415  (none of it exists outside the demo)

        routes += demo.routes
    return routes


@asynccontextmanager
async def _database(app: Litestar) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    settings.data.mkdir(parents=True, exist_ok=True)
    engine = engine_for(settings)
    bind(engine)
    await engine.start_connection_pool()
    try:
        await migrate(engine, settings)
        await _prepared(app)
        hub = app.state.live
        with sessions.hearing(hub.end):
            async with listening(engine), watching(hub, engine):
                yield
    finally:
        await effects_done()
        await engine.close_connection_pool()


async def _prepared(app: Litestar) -> None:
    settings, clock = app.state.settings, app.state.clock
    app.state.key = await settled_key(settings)
    if settings.demo and isinstance(clock, SystemClock):
        from turnet.demo.clock import load_shift  # noqa: PLC0415

        await load_shift(clock)
    if settings.on_sqlite:  # nobody else can be sending from this database
        await outbox.requeue_interrupted(clock.now(), repeatable=repeatable(settings))
    await held.say_if_held()


@asynccontextmanager
async def _worker(app: Litestar) -> AsyncIterator[None]:
    from turnet.worker import working  # noqa: PLC0415  (a process without a worker does not need SAQ)

    state = app.state
    async with working(state.settings, state.clock, state.traffic, state.pulse, state.watch):
        yield


@asynccontextmanager
async def _control(app: Litestar) -> AsyncIterator[None]:
    async with answering(app.state.settings, app.state.clock):
        yield
