"""The circumstances of an act, read from its request once."""

import ipaddress
from hashlib import blake2b
from urllib.parse import urlsplit

from turnet.booking.model import Act
from turnet.clock import Clock
from turnet.settings import Settings
from turnet.web.kit.htmx import AnyRequest

_REFERRER_LENGTH = 120


def act(request: AnyRequest, *, actor: str = "patient", door: str = "web") -> Act:
    state = request.app.state
    settings: Settings = state.settings
    clock: Clock = state.clock
    return Act(
        now=clock.now(),
        real=clock.real(),
        key=state.key,
        actor=actor,
        door=door,
        address=address(request, state.key),
        referrer=_referrer(request.headers.get("referer", ""), settings),
        limited=settings.limited,
    )


def address(request: AnyRequest, key: bytes) -> str:
    """The client's address as 32 characters that nobody without the key can turn back; IPv6 by /64, one household.

    Forwarded headers were looked at by the server already, and only when a trusted proxy sent them.
    """
    host = request.client.host if request.client else ""
    return blake2b(_network(host).encode(), key=key[:64], digest_size=16).hexdigest()


def _network(host: str) -> str:
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((found, 64), strict=False))


def _referrer(header: str, settings: Settings) -> str:
    """The host alone, and none when it is our own."""
    try:
        host = urlsplit(header).hostname or ""
    except ValueError:
        return ""
    return "" if host == urlsplit(settings.origin).hostname else host[:_REFERRER_LENGTH]
