"""One HTTPS connection to an SMS gateway, kept while there is more to send."""

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from turnet.messaging.channels import Deferred, Refused, Trouble, Unreachable, Unsure

if TYPE_CHECKING:
    import httpx

CALL_SECONDS = 25.0
"""For one SMS, connecting included: less than half a lease."""
LARGEST_ANSWER = 64 * 1024
BUSY = timedelta(seconds=30)
"""How long a gateway is left alone that says it is busy and not until when."""
LONGEST_BUSY = timedelta(hours=1)

_NEEDS_SETUP = frozenset({401, 403, 404, 405, 407})
"""Refusals that say how the gateway wants to be spoken to, not what it thinks of the message."""
_LATER = frozenset({408, 425, 429})


class Silent(Unsure):
    """The call left, and no whole answer came back."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content: Any
    """The JSON object it holds, `{}` when it holds none."""
    after: timedelta | None = None
    """What its Retry-After asks for, in seconds; a date is not read."""

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300


class Line:
    """Opens at the first call; `close` lets go, the next call opens again."""

    def __init__(
        self,
        base: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        seconds: float = CALL_SECONDS,
    ) -> None:
        self._base, self._headers, self._auth, self._seconds = base, headers, auth, seconds
        self._client: httpx.AsyncClient | None = None

    async def call(
        self, method: str, path: str, *, json: object = None, form: Mapping[str, str] | None = None
    ) -> Answer:
        """Raises `Unreachable` when nothing can have left, `Silent` when it may have."""
        import httpx  # noqa: PLC0415  (five megabytes, and only needed where there is a gateway)

        try:
            async with asyncio.timeout(self._seconds), self._opened().stream(method, path, json=json, data=form) as got:
                return Answer(got.status_code, await _content(got), _after(got))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
            raise Unreachable(f"{self._base}: {str(error) or type(error).__name__}") from error
        except (httpx.TimeoutException, TimeoutError) as error:
            raise Silent(f"{self._base} did not answer in time") from error
        except httpx.HTTPError as error:
            raise Silent(f"{self._base} hung up before it had answered") from error

    def _opened(self) -> "httpx.AsyncClient":
        import httpx  # noqa: PLC0415  (as above)

        if self._client is None:
            # Connecting and its TLS each end well before the call does: what runs out later has left.
            timeout = httpx.Timeout(self._seconds, connect=self._seconds * 0.4)
            self._client = httpx.AsyncClient(
                base_url=self._base,
                headers={"Accept-Encoding": "identity", **(self._headers or {})},
                auth=self._auth,
                timeout=timeout,
                verify=_trusted(),
                trust_env=False,
                follow_redirects=False,
            )
        return self._client

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


@cache
def _trusted() -> ssl.SSLContext:
    """Whom this machine trusts, read once: it takes longer than a call."""
    return ssl.create_default_context()


async def _content(got: "httpx.Response") -> dict[str, Any]:
    read = b""
    async for piece in got.aiter_raw():
        read += piece
        if len(read) > LARGEST_ANSWER:
            return {}
    return json_object(read)


def json_object(text: bytes) -> dict[str, Any]:
    """`{}` for whatever is not a JSON object."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _after(got: "httpx.Response") -> timedelta | None:
    said = got.headers.get("retry-after", "")
    return min(timedelta(seconds=int(said[:6])), LONGEST_BUSY) if said.isdecimal() else None


def trouble(gateway: str, answer: Answer, code: object = None) -> Trouble:
    """What an answer that accepts nothing means; `code` is the gateway's own."""
    said = f"{gateway} answered {answer.status}" + (f", code {code}" if code is not None else "")
    if answer.status in _LATER:
        return Deferred(said, after=answer.after or BUSY)
    if answer.status in _NEEDS_SETUP or answer.status < 400:
        return Unreachable(said)
    return Refused(said) if answer.status < 500 else Unsure(said)
