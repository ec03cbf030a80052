"""Which encoding a browser takes, and the layer that presses whole text answers."""

import gzip
from collections.abc import Callable
from functools import lru_cache

import brotli
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

SMALL = 500
"""Bytes below which pressing does not pay."""

_TEXT = (b"text/", b"application/json", b"application/problem+json", b"application/xml", b"image/svg+xml")
_STREAM = b"text/event-stream"

PRESSES: dict[bytes, Callable[[bytes], bytes]] = {
    b"br": lambda body: brotli.compress(body, quality=5),
    b"gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}
"""The best first."""


@lru_cache(maxsize=256)
def encoding(accepted: bytes) -> bytes:
    """`br`, `gzip` or nothing, for an `Accept-Encoding` header."""
    wanted = {
        name.strip()
        for name, _sep, q in (part.partition(b";q=") for part in accepted.split(b","))
        if q.strip(b" 0.") or not q
    }
    return next((name for name in PRESSES if name in wanted), b"")


def presses(headers: list[tuple[bytes, bytes]]) -> bool:
    """Is it text, not encoded yet and not a stream?"""
    found = dict(headers)
    kind = found.get(b"content-type", b"")
    return kind.startswith(_TEXT) and not kind.startswith(_STREAM) and b"content-encoding" not in found


def varying(headers: list[tuple[bytes, bytes]], *names: bytes) -> list[tuple[bytes, bytes]]:
    """The headers with `names` added to `Vary`."""
    said = [part.strip() for name, value in headers if name == b"vary" for part in value.split(b",")]
    known = {part.lower() for part in said}
    said += [name for name in names if name.lower() not in known]
    return [*(header for header in headers if header[0] != b"vary"), (b"vary", b", ".join(said))]


def pressed(app: ASGIApp) -> ASGIApp:
    """Presses what is not kept by the page cache, which presses its own pages once."""

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        accepted = encoding(next((value for name, value in scope["headers"] if name == b"accept-encoding"), b""))
        start: HTTPResponseStartEvent | None = None

        async def press(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                if presses(message["headers"]) and "keep_until" not in scope["state"]:  # type: ignore[arg-type]
                    start = message
                else:
                    await send(message)
            elif start is not None and message["type"] == "http.response.body":
                held, start = start, None
                if message["more_body"]:
                    await send(held)
                    await send(message)
                else:
                    await _send_pressed(send, held, message["body"], accepted)
            else:
                await send(message)

        await app(scope, receive, press)

    return layer


async def _send_pressed(send: Send, start: HTTPResponseStartEvent, body: bytes, accepted: bytes) -> None:
    headers = varying(list(start["headers"]), b"Accept-Encoding")
    if accepted and len(body) >= SMALL:
        body = PRESSES[accepted](body)
        headers = [header for header in headers if header[0] != b"content-length"]
        headers += [(b"content-encoding", accepted), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": start["status"], "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
