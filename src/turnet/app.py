"""The only wiring: what starts and stops, in which order, and what is served."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.datastructures import State
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from turnet.clock import Clock, SystemClock
from turnet.db.engine import bind, engine_for
from turnet.db.start import migrate, settled_key
from turnet.db.transactions import effects_done
from turnet.paths import STATIC
from turnet.settings import Settings
from turnet.web import api, public
from turnet.web.kit import health
from turnet.web.kit.middleware import layered


def create_app(settings: Settings, *, clock: Clock | None = None, worker: bool = True) -> Litestar:
    """The whole program behind one address; `worker=False` leaves recurring and queued jobs to somebody else."""
    app = Litestar(
        route_handlers=_routes(settings),
        lifespan=[_database],
        state=State({"settings": settings, "clock": clock or SystemClock()}),
        openapi_config=None,
    )
    app.asgi_handler = layered(app.asgi_handler)
    return app


def _routes(settings: Settings) -> list[ControllerRouterHandler]:
    routes = [*health.routes, *public.routes, *api.routes, create_static_files_router("/static", [STATIC])]
    if settings.demo:
        from turnet.web import demo  # noqa: PLC0415  (none of it exists outside the demo)

        routes += demo.routes
    return routes


@asynccontextmanager
async def _database(app: Litestar) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    engine = engine_for(settings)
    bind(engine)
    await engine.start_connection_pool()
    try:
        await migrate(engine, settings)
        app.state.key = await settled_key(settings)
        yield
    finally:
        await effects_done()
        await engine.close_connection_pool()
