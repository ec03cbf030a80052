"""Plain ASGI layers in front of the router: what has to happen before an address is looked up."""

from collections.abc import Callable

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from turnet.i18n import LANGUAGES
from turnet.traffic import Traffic

Layer = Callable[[ASGIApp], ASGIApp]


def layered(app: ASGIApp, *layers: Layer) -> ASGIApp:
    """`app` behind the layers; the first one named sees a request first."""
    for layer in reversed(layers):
        app = layer(app)
    return app


def counted(traffic: Traffic, *, besides: str = "") -> Layer:
    """Requests that reach a handler count as traffic while they are answered; `besides` is the path of endless ones."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def layer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == ScopeType.HTTP and scope["path"] == besides:
                await app(scope, receive, send)
                return
            with traffic.request():
                await app(scope, receive, send)

        return layer

    return wrap


def head_as_get(app: ASGIApp) -> ASGIApp:
    """HEAD works wherever GET does: the same answer, without its body."""

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "HEAD":
            await app(scope, receive, send)
            return
        over = False

        async def without_body(message: Message) -> None:
            nonlocal over
            if message["type"] == "http.response.start":
                await send(message)
            elif not over:
                over = True
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        # A copy: the server looks at its own scope to know that no body may follow.
        asked: Scope = {**scope, "method": "GET"}
        await app(asked, receive, without_body)

    return layer


def one_spelling(app: ASGIApp) -> ASGIApp:
    """Every page has one address: `/en/`, else no slash at the end, none doubled. Other spellings get 301."""

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] in ("GET", "HEAD"):
            path = scope["path"]
            if path[-1:] == "/" or "//" in path or path[1:] in LANGUAGES:
                raw = scope["raw_path"]
                spelled = _spelled(raw)
                if spelled != raw:
                    await _moved(send, spelled, scope["query_string"])
                    return
        await app(scope, receive, send)

    return layer


def _spelled(raw: bytes) -> bytes:
    """Begins with exactly one slash, so that it never names another host; a backslash would, and is nobody's page."""
    if b"\\" in raw:
        return raw
    parts = [part for part in raw.split(b"/") if part]
    home = len(parts) == 1 and parts[0].decode("latin-1") in LANGUAGES
    return b"/" + b"/".join(parts) + (b"/" if home else b"")


async def _moved(send: Send, path: bytes, query: bytes) -> None:
    location = path + (b"?" + query if query else b"")
    headers = [(b"location", location), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 301, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
