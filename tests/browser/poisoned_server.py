"""A clinic in which everything that somebody wrote would like to be more than text: `python -m tests.browser.poisoned_server DATA PORT`.

Whoever brings the cookie of `DATA/pages.json` is the owner; the file lists every page of the desk.
"""

import asyncio
import json
import sys
from pathlib import Path

import uvicorn
from litestar import Litestar

from tests.factories import TUESDAY
from tests.web.conftest import Running
from tests.web.desk.poison import poisoned
from tests.web.desk.world import a_world, desk_routes
from turnet.app import create_app
from turnet.clock import FrozenClock
from turnet.settings import Settings
from turnet.staff.model import Role


def an_app(settings: Settings) -> Litestar:
    return create_app(settings, clock=FrozenClock(TUESDAY), worker=False)


async def prepared(settings: Settings) -> None:
    app = an_app(settings)
    running = Running(app)
    await running.start()
    world = await a_world(app)
    await poisoned()
    pages = [route.filled(world.own[Role.OWNER]) for route in desk_routes(app) if route.method == "GET"]
    [(name, token)] = world.desks[Role.OWNER].cookies.items()
    (settings.data / "pages.json").write_text(json.dumps({"pages": pages, "cookie": {"name": name, "value": token}}))
    await running.stop()


def main(data: Path, port: int) -> None:
    settings = Settings(data=data, listen=f"127.0.0.1:{port}", limits="off")
    asyncio.run(prepared(settings))
    uvicorn.run(an_app(settings), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
