"""kill -9 of a real server while a gateway brings what people write: nothing acknowledged is lost, nothing counts twice.

The gateway behaves as they do: it brings everything again that was not acknowledged, under the same id.
"""

import asyncio
import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.chaos.conftest import Server
from tests.chaos.test_send_kill import _sql, _until
from tests.unit.messaging.gammu import Spool
from turnet.messaging.channels.chosen import hook_secret

pytestmark = pytest.mark.slow

COUNT = 120
AT_ONCE = 4


class Elks:
    """Brings one SMS after the other, and notes which were taken."""

    def __init__(self, server: Server, new_id: Callable[[int], str]) -> None:
        self._server, self._new_id = server, new_id
        self._address = f"{server.url}/hooks/sms/46elks/{hook_secret(server.settings.key(), '46elks')}"
        self.taken: set[int] = set()

    def bring(self, numbers: set[int]) -> None:
        with httpx.Client(timeout=10) as http:
            for number in sorted(numbers - self.taken):
                form = {
                    "direction": "incoming",
                    "id": self._new_id(number),
                    "from": "+358401234567",
                    "to": "+358457000000",
                }
                try:
                    answer = http.post(self._address, data=form | {"message": f"n{number}"})
                except httpx.HTTPError:
                    continue
                if answer.status_code == 204:
                    self.taken.add(number)

    def all_at_once(self) -> list[threading.Thread]:
        shares = [set(range(first, COUNT, AT_ONCE)) for first in range(AT_ONCE)]
        threads = [threading.Thread(target=self.bring, args=(share,)) for share in shares]
        for thread in threads:
            thread.start()
        return threads


def _texts(server: Server) -> list[str]:
    rows: list[tuple[Any, ...]] = asyncio.run(_sql(server.settings, "SELECT text FROM inbound ORDER BY id"))
    return [text for (text,) in rows]


def _killed_while_receiving(server: Server, new_id: Callable[[int], str]) -> tuple[set[str], list[str]]:
    """Texts that were acknowledged before it died, and all that is stored in the end."""
    (server.settings.data / "turnet.toml").write_text('sms_url = "46elks://u:p@?from=Tuomi"\n')
    server.start()
    elks = Elks(server, new_id)
    threads = elks.all_at_once()
    _until(lambda: len(elks.taken) > COUNT // 4)
    server.kill()
    for thread in threads:
        thread.join()
    acknowledged = {f"n{number}" for number in elks.taken}
    assert acknowledged <= set(_texts(server))
    elks.taken.clear()  # the acknowledgements were lost as well
    server.start()
    for thread in elks.all_at_once():
        thread.join()
    server.stop()
    assert len(elks.taken) == COUNT
    return acknowledged, _texts(server)


def test_nothing_is_lost_and_nothing_stored_twice(server: Server) -> None:
    acknowledged, texts = _killed_while_receiving(server, lambda number: f"s{number}")

    assert len(acknowledged) < COUNT  # it did die in the middle
    assert sorted(texts) == sorted(f"n{number}" for number in range(COUNT))


def test_what_lies_with_a_modem_is_neither_lost_nor_doubled(server: Server) -> None:
    spool, wanted = Spool(server.settings.data / "spool"), [f"n{number}" for number in range(300)]
    for number, text in enumerate(wanted):
        spool.lies(f"IN20261201_093015_{number:03}_+358401234567_00.txt", text.encode("utf-16"), now=time.time())
    (server.settings.data / "turnet.toml").write_text(f'sms_url = "{spool.url}"\n')

    server.start()
    _until(lambda: len(spool.files("inbox")) < 250)
    server.kill()
    left = len(spool.files("inbox"))
    server.start()
    _until(lambda: spool.files("inbox") == [])
    server.stop()

    assert 0 < left < 250  # it did die in the middle
    assert _texts(server) == wanted


def test_control_a_gateway_that_gives_another_id_each_time_is_stored_twice(server: Server) -> None:
    tries = itertools.count()

    acknowledged, texts = _killed_while_receiving(server, lambda number: f"s{number}-{next(tries)}")

    assert {text for text in texts if texts.count(text) > 1} >= acknowledged
