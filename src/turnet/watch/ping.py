"""Asks an address elsewhere while all is well; whoever watches there notices when that stops."""

import logging
from time import monotonic

log = logging.getLogger("turnet.watch")

EVERY = 300.0
"""Seconds."""
CALL_SECONDS = 10.0
_EARLY = 15.0
"""The job that asks runs each minute, but not to the second."""


class Ping:
    def __init__(self, url: str) -> None:
        self._url = url
        self._asked: float | None = None

    async def while_well(self, well: bool) -> None:
        """Asks when it is time. An address that does not answer well is asked again the next minute."""
        if not self._url or not well or (self._asked is not None and monotonic() - self._asked < EVERY - _EARLY):
            return
        import httpx  # noqa: PLC0415  (slow, and only needed where an address is set)

        try:
            async with httpx.AsyncClient(timeout=CALL_SECONDS, follow_redirects=False) as client:
                answer = await client.get(self._url, headers={"User-Agent": "turnet"})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("TURNET_PING_URL does not answer", extra={"why": type(error).__name__})
            return
        if answer.is_success:
            self._asked = monotonic()
        else:
            log.warning("TURNET_PING_URL refuses", extra={"status": answer.status_code})
