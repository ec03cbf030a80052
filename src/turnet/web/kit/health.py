"""`/up` for whoever restarts the server, `/ready` for whoever sends it visitors or wants to know why not."""

import ipaddress
from dataclasses import asdict

from litestar import MediaType, Response, get
from litestar.types import ControllerRouterHandler

from turnet.db.engine import bound
from turnet.db.start import pending
from turnet.watch import conditions
from turnet.watch.look import Watch
from turnet.web.kit.htmx import AnyRequest

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


@get("/up", media_type=MediaType.TEXT, include_in_schema=False)
async def up() -> Response[str]:
    """200 only when migrated and serving."""
    waiting = await pending(bound())
    status = 503 if waiting else 200
    return Response("migrating\n" if waiting else "up\n", status_code=status, headers={"Cache-Control": "no-store"})


@get("/ready", include_in_schema=False)
async def ready(request: AnyRequest) -> Response[dict[str, object]]:
    """503 when visitors should go elsewhere; the reasons only for somebody on this machine."""
    watch: Watch = request.app.state.watch
    seen = await watch.look()
    can_book = conditions.ready(seen)
    said: dict[str, object] = {"ready": can_book}
    if on_this_machine(request):
        wrong = {trouble.name: trouble.what for trouble in conditions.troubles(seen)}
        said |= {"well": conditions.well(seen), "troubles": wrong} | asdict(seen)
    return Response(said, status_code=200 if can_book else 503, headers={"Cache-Control": "no-store"})


def on_this_machine(request: AnyRequest) -> bool:
    """A loopback peer that forwards for somebody else does not count."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


routes: list[ControllerRouterHandler] = [up, ready]
