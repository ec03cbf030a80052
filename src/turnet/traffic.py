"""How busy the pages are, so that what can wait lets them go first."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Traffic:
    """Counts requests under way in this process."""

    def __init__(self) -> None:
        self._under_way = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    @contextmanager
    def request(self) -> Iterator[None]:
        self._under_way += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._quiet.set()

    async def lull(self, at_most: float) -> None:
        """Returns when nobody is being served, after `at_most` seconds in any case."""
        try:
            async with asyncio.timeout(at_most):
                await self._quiet.wait()
        except TimeoutError:
            return
