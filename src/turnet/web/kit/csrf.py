"""Forms are only taken from our own pages; the browser itself says where a request comes from.

A request that says neither where it comes from nor its origin is no browser's: it carries nobody's cookies. The JSON
API knows no cookies at all.
"""

from litestar.enums import ScopeType
from litestar.exceptions import PermissionDeniedException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from turnet.web.kit.headers import BY_TOKEN

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class OwnPagesOnly(ASGIMiddleware):
    """Answers 403 to an unsafe request from another site."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, origin: str) -> None:
        self._origin = origin

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        assert scope["type"] == ScopeType.HTTP
        if scope["method"] not in _SAFE and not scope["path"].startswith("/api/") and not self._ours(scope):
            raise PermissionDeniedException("This form was not sent from our own page.")
        await next_app(scope, receive, send)

    def _ours(self, scope: Scope) -> bool:
        said = {name: value for name, value in scope["headers"] if name in (b"sec-fetch-site", b"origin")}
        if (site := said.get(b"sec-fetch-site")) is not None:
            return site in (b"same-origin", b"none")
        origin = said.get(b"origin", self._origin.encode())
        if origin == b"null":
            # Older browsers hide the origin of a page that must not leak its address; there the address is the key.
            return scope["path"].startswith(BY_TOKEN)
        return origin == self._origin.encode()
