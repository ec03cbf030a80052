"""JSON API v1, without accounts: what the public pages can do, for programs. `docs/api.md` describes it to people."""

from litestar import Response, Router, get, route
from litestar.types import ControllerRouterHandler, Method

from turnet.errors import NotFound
from turnet.web.api import availability, visits
from turnet.web.api.document import ALLOWED, encoded
from turnet.web.api.problems import WrongMethod, handlers
from turnet.web.kit.htmx import AnyRequest

LARGEST_BODY = 64 * 1024

METHODS: tuple[Method, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE")


@get("/openapi.json", shared=True)
async def openapi(request: AnyRequest) -> Response[bytes]:
    return Response(
        encoded(request.app.state.settings.origin),
        media_type="application/json",
        headers={"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"},
    )


def _other_methods(path: str, allowed: frozenset[str]) -> ControllerRouterHandler:
    """The framework's own refusal would be answered outside this router, and not as a problem document."""

    @route(path.replace("{token}", "{token:str}"), http_method=[m for m in METHODS if m not in allowed])
    async def wrong_method() -> None:
        raise WrongMethod(allow=", ".join(sorted(allowed)))

    return wrong_method


@route(["/", "/{rest:path}", "/bookings/{token:str}/{rest:path}"], http_method=METHODS)
async def nothing() -> None:
    raise NotFound


routes: list[ControllerRouterHandler] = [
    Router(
        "/api/v1",
        route_handlers=[
            *availability.routes,
            *visits.routes,
            openapi,
            *(_other_methods(path, allowed) for path, allowed in ALLOWED.items()),
            nothing,
        ],
        exception_handlers=handlers,
        request_max_body_size=LARGEST_BODY,
        include_in_schema=False,
    )
]
"""The schema is `document`, written beside the structs it describes; the framework sees only raw bodies."""
