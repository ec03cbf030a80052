"""Headers that every answer carries, errors and redirects included."""

import itertools
import secrets

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from turnet.settings import Settings
from turnet.web.kit.middleware import Layer

Headers = list[tuple[bytes, bytes]]

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
        "worker-src 'self'",
    )
)

BY_TOKEN = ("/a/", "/f/", "/u/", "/w/", "/here/", "/join/")
"""Pages of whoever holds the link."""
_BOOKINGS_OF_API = "/api/v1/bookings/"
_FEEDS = "/cal/"
"""As secret; calendar programs ask with `If-None-Match`, so theirs says itself how long it keeps."""
_STAFF = ("/desk", "/admin", "/login", "/logout")
_SEVERAL_YEARS = b"max-age=63072000; includeSubDomains"


def secured(settings: Settings) -> Layer:
    """Adds the headers and gives each request an id, which errors and the log name."""
    everywhere = _everywhere(settings)
    unseen: Headers = [(b"cache-control", b"no-store"), (b"x-robots-tag", b"noindex, nofollow")]
    public: Headers = [*everywhere, (b"referrer-policy", b"strict-origin-when-cross-origin")]
    staff: Headers = [*public, *unseen]
    by_token: Headers = [*everywhere, (b"referrer-policy", b"no-referrer"), *unseen]
    feed = [header for header in by_token if header[0] != b"cache-control"]
    process, count = secrets.token_hex(3), itertools.count(1)

    def layer(app: ASGIApp) -> ASGIApp:
        async def secure(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
                return
            path = scope["path"]
            if path.startswith((*BY_TOKEN, _BOOKINGS_OF_API)):
                added = by_token
            else:
                added = feed if path.startswith(_FEEDS) else staff if path.startswith(_STAFF) else public
            request_id = f"{process}-{next(count):x}"
            scope["state"]["request_id"] = request_id

            async def with_headers(message: Message) -> None:
                if message["type"] == "http.response.start":
                    given = message["headers"]
                    if added is not public:
                        ours = _OURS_ALONE - {b"cache-control"} if added is feed else _OURS_ALONE
                        given = [header for header in given if header[0].lower() not in ours]
                    headers = [*given, *added, (b"x-request-id", request_id.encode())]
                    await send({"type": "http.response.start", "status": message["status"], "headers": headers})
                else:
                    await send(message)

            await app(scope, receive, with_headers)

        return secure

    return layer


_OURS_ALONE = frozenset({b"cache-control", b"x-robots-tag", b"referrer-policy"})


def _everywhere(settings: Settings) -> Headers:
    headers: Headers = [
        (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ]
    if settings.https:
        headers.append((b"strict-transport-security", _SEVERAL_YEARS))
    return headers
