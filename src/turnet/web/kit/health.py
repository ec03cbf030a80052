"""`/up` for whoever restarts the server, `/ready` for whoever wants to know why."""

from litestar import Request, get
from litestar.datastructures import State
from litestar.types import ControllerRouterHandler

from turnet.db.engine import bound
from turnet.db.start import pending


@get("/up", media_type="text/plain", include_in_schema=False)
async def up(request: Request[object, object, State]) -> str:
    """200 only when migrated and serving."""
    assert not await pending(bound())
    return "up\n"


routes: list[ControllerRouterHandler] = [up]
