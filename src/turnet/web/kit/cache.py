"""Finished pages, kept as bytes and sent before any route is looked up.

A handler says `keep(request, until)` when its answer is the same for everybody. It is then sent again to the same
address (and piece, and language of an API answer) until `until`, or until the versions of the setup or the diary move.
Whoever carries one of our cookies gets their own page, and no answer that sets a cookie is ever kept.
"""

import asyncio
import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

from turnet.clock import Clock
from turnet.db.versions import Versions, current, held
from turnet.web.kit.compression import PRESSES, SMALL, encoding, varying
from turnet.web.kit.htmx import AnyRequest

ENTRIES = 512
BYTES = 32 * 1024 * 1024
LONGEST_LANGUAGE = 200
"""Bytes of an `Accept-Language` that is still kept apart from others; a longer one is answered afresh."""

Headers = list[tuple[bytes, bytes]]
Key = tuple[bytes, bytes, bytes, bytes]

_OUR_COOKIES = b"turnet_"
_MADE_HERE = frozenset({b"content-length", b"etag"})


def keep(request: AnyRequest, until: datetime) -> None:
    """This answer, if it is a 200, is everybody's until `until` (business time) or until a version moves."""
    request.scope["state"]["keep_until"] = until


@dataclass(frozen=True, slots=True)
class _Asked:
    """What of a request decides which bytes it gets."""

    key: Key
    encoding: bytes
    match: bytes


@dataclass(slots=True)
class _Kept:
    versions: Versions
    until: datetime
    headers: Headers
    """Without length and encoding, which each variant adds."""
    etag: bytes
    body: bytes
    variants: dict[bytes, tuple[Headers, bytes]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.body) + sum(len(body) for name, (_headers, body) in self.variants.items() if name)

    def press(self, encoding: bytes) -> None:
        pressed = bool(encoding) and len(self.body) >= SMALL
        body = PRESSES[encoding](self.body) if pressed else self.body
        headers = [*self.headers, (b"content-length", str(len(body)).encode())]
        self.variants[encoding] = ([*headers, (b"content-encoding", encoding)] if pressed else headers, body)


class PageCache:
    """The layer, and what it keeps: at most `entries` pages and `size` bytes, the longest unused go first."""

    def __init__(self, clock: Clock, *, entries: int = ENTRIES, size: int = BYTES) -> None:
        self._clock, self._entries, self._size = clock, entries, size
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._making: dict[Key, asyncio.Event] = {}
        self._used = 0

    def __call__(self, app: ASGIApp) -> ASGIApp:
        async def layer(scope: Scope, receive: Receive, send: Send) -> None:
            asked = _asked(scope) if scope["type"] == ScopeType.HTTP and scope["method"] == "GET" else None
            if asked is None:
                await app(scope, receive, _theirs_alone(scope, send))
                return
            versions = held() or await _versions()
            if versions is None:
                await app(scope, receive, send)
            elif (kept := await self._found(asked.key, versions)) is not None:
                await self._answer(kept, asked, send)
            else:
                await self._make(app, scope, receive, send, asked, versions)

        return layer

    async def _found(self, key: Key, versions: Versions) -> _Kept | None:
        """What may be sent; when somebody is making this page anew just now, what they made."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if not self._good(kept, versions):
            if (making := self._making.get(key)) is None:
                return None
            await making.wait()
            kept = self._kept.get(key)
            if kept is None or not self._good(kept, versions):
                return None
        self._kept.move_to_end(key)
        return kept

    def _good(self, kept: _Kept, versions: Versions) -> bool:
        return kept.versions == versions and self._clock.now() < kept.until

    async def _answer(self, kept: _Kept, asked: _Asked, send: Send) -> None:
        if asked.match and kept.etag in asked.match:
            headers = [header for header in kept.headers if header[0] != b"content-type"]
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        if asked.encoding not in kept.variants:
            self._press(kept, asked)
        headers, body = kept.variants[asked.encoding]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _make(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, asked: _Asked, versions: Versions
    ) -> None:
        """Lets the handler answer, and keeps the answer when it says so: under the versions from before it was made."""
        first = asked.key not in self._making
        if first:
            self._making[asked.key] = asyncio.Event()
        start: HTTPResponseStartEvent | None = None
        chunks: list[bytes] = []

        async def collect(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _keepable(scope, message):
                start = message
            elif start is None or message["type"] != "http.response.body":
                await send(message)
            else:
                chunks.append(message["body"])
                if not message["more_body"]:
                    kept = _page(start, b"".join(chunks), versions, scope)
                    self._store(asked.key, kept)
                    await self._answer(kept, asked, send)

        try:
            await app(scope, receive, collect)
        finally:
            if first:
                self._making.pop(asked.key).set()

    def _press(self, kept: _Kept, asked: _Asked) -> None:
        """When first asked for; the pressed bytes are kept too."""
        before = kept.size
        kept.press(asked.encoding)
        if self._kept.get(asked.key) is kept:
            self._used += kept.size - before
            self._make_room()

    def _store(self, key: Key, kept: _Kept) -> None:
        self._used += kept.size - (old.size if (old := self._kept.pop(key, None)) else 0)
        self._kept[key] = kept
        self._make_room()

    def _make_room(self) -> None:
        while self._kept and (len(self._kept) > self._entries or self._used > self._size):
            self._used -= self._kept.popitem(last=False)[1].size


def _theirs_alone(scope: Scope, send: Send) -> Send:
    """Of a page that others would get from here: nobody on the way may keep the visitor's own."""

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start" and "keep_until" in scope["state"]:
            given = [header for header in message["headers"] if header[0] != b"cache-control"]
            message = {**message, "headers": [*given, (b"cache-control", b"private, no-cache")]}
        await send(message)

    return told


def _asked(scope: Scope) -> _Asked | None:
    """None for a visitor whose page is their own."""
    accepted = match = piece = language = b""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            accepted = value
        elif name == b"if-none-match":
            match = value
        elif name == b"hx-request-type":
            piece = value
        elif name == b"accept-language":
            language = value
        elif (name == b"cookie" and _OUR_COOKIES in value) or name == b"authorization":
            return None
    path: bytes = scope["raw_path"]
    piece = piece if piece == b"partial" else b""
    if not path.startswith(b"/api/"):
        language = b""
    elif len(language) > LONGEST_LANGUAGE:
        return None
    return _Asked((path, scope["query_string"], piece, language), encoding(accepted), match)


async def _versions() -> Versions | None:
    """None when the database does not answer: then the handler says so, in its own words."""
    try:
        return await current()
    except Exception:  # noqa: BLE001  (the handler meets the same trouble and says so)
        return None


def _keepable(scope: Scope, start: HTTPResponseStartEvent) -> bool:
    if "keep_until" not in scope["state"] or start["status"] != 200:
        return False
    return all(name not in (b"set-cookie", b"content-encoding") for name, _value in start["headers"])


def _page(start: HTTPResponseStartEvent, body: bytes, versions: Versions, scope: Scope) -> _Kept:
    etag = b'W/"' + hashlib.blake2b(body, digest_size=12).hexdigest().encode() + b'"'
    headers = [(name, value) for name, value in start["headers"] if name not in _MADE_HERE]
    if all(name != b"cache-control" for name, _value in headers):
        headers.append((b"cache-control", b"no-cache"))
    by_language = (b"Accept-Language",) if scope["path"].startswith("/api/") else ()
    headers = [*varying(headers, b"Accept-Encoding", *by_language), (b"etag", etag)]
    return _Kept(versions, scope["state"]["keep_until"], headers, etag, body)
