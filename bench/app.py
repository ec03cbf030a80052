"""The demo's server with one more route: a constant page of 47 kB behind the same middleware."""

import asyncio
import os

from litestar import get
from litestar.enums import MediaType

from turnet.cli.opening import opened
from turnet.db.start import migrate
from turnet.db.transactions import fetch
from turnet.demo.start import claim_directory, ready
from turnet.server import serve
from turnet.settings import Settings, load
from turnet.web import demo

PAGE = "<!doctype html><title>constant</title>" + "<p>thirty-two bytes of some text</p>" * 1300


@get("/-/constant", media_type=MediaType.HTML, include_in_schema=False)
async def constant() -> str:
    return PAGE


async def prepare(settings: Settings, *, horizon: int | None = None) -> None:
    """A demo clinic in the settings' data directory; `horizon` in days opens its diary further."""
    claim_directory(settings)
    async with opened(settings, make=True) as engine:
        await migrate(engine, settings)
        await ready("en")
        if horizon:
            await fetch("UPDATE service SET horizon = {} RETURNING id", horizon)
            await fetch("UPDATE diary SET setup_version = setup_version + 1 RETURNING id")


if __name__ == "__main__":
    asked = load(os.environ, demo=True)
    # Two years can be booked, or the free times would be gone before the measurement ends.
    asyncio.run(prepare(asked, horizon=730))
    demo.routes.append(constant)
    serve(asked)
