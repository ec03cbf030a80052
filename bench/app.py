"""The demo's server with one more route: a constant page of 47 kB behind the same middleware."""

import asyncio
import os

from litestar import get
from litestar.enums import MediaType

from turnet.app import create_app
from turnet.cli.opening import opened
from turnet.db.start import migrate
from turnet.demo.start import claim_directory, ready
from turnet.server import run
from turnet.settings import load

PAGE = "<!doctype html><title>constant</title>" + "<p>thirty-two bytes of some text</p>" * 1300


@get("/-/constant", media_type=MediaType.HTML, include_in_schema=False)
async def constant() -> str:
    return PAGE


async def _prepare() -> None:
    async with opened(settings, make=True) as engine:
        await migrate(engine, settings)
        await ready(settings, "en")


if __name__ == "__main__":
    settings = load(os.environ, demo=True)
    claim_directory(settings)
    asyncio.run(_prepare())
    app = create_app(settings)
    app.register(constant)
    run(app, settings)
