"""Two web processes, each with its worker, on one Postgres: a gateway that brings an SMS to both is answered once."""

import asyncio
import itertools
import json
import sys
from collections.abc import Iterator

import httpx
import pytest

from tests.chaos.conftest import Server
from tests.db.booking.acts import stored
from tests.db.conversation.conftest import talk  # noqa: F401
from tests.db.conversation.talk import Talk
from tests.unit.messaging.servers import Phone, a_gateway
from turnet.conversation.meaning import Asked
from turnet.db.engine import bound
from turnet.messaging.channels.chosen import hook_secret
from turnet.settings import Settings

pytestmark = pytest.mark.slow

EACH = 10
"""Times that one SMS is brought to each of the two, all at once."""
WAITING = (
    "count(*) FROM (SELECT id FROM inbound WHERE state = 'new' "
    "UNION ALL SELECT 1 FROM message WHERE state IN ('queued', 'sending')) waiting"
)


@pytest.fixture
def servers(settings: Settings) -> Iterator[list[Server]]:
    both = [Server(settings) for _ in range(2)]
    yield both
    for server in both:
        if server.running:
            server.kill()


@pytest.mark.parametrize("settings", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
@pytest.mark.parametrize("protected", [True, False], ids=["protected", "control"])
async def test_an_sms_that_is_brought_to_both_at_once(
    talk: Talk,  # noqa: F811
    settings: Settings,
    servers: list[Server],
    *,
    protected: bool,
) -> None:
    """The control stores it more than once. Even then it is answered once: the same before our answer is heard already."""
    await talk.book("Dana Levi", "2026-12-03T09:20+02:00")
    await talk.ask(Asked.CONFIRM, "Dana")
    if not protected:
        await bound().run_ddl('DROP INDEX "inbound_once"')

    async with a_gateway(Phone()) as phone:
        (settings.data / "turnet.toml").write_text(f'sms_url = "android://u:p@{phone.at}?tls=none"\n')
        for server in servers:
            server.command = (sys.executable, "-m", "tests.races.web_process", "whole" if protected else "stripped")
            await asyncio.to_thread(server.start)
        answers = await _brought(settings, servers)
        async with asyncio.timeout(30):
            while await stored(WAITING) != [(0,)]:
                await asyncio.sleep(0.05)
        for server in servers:
            await asyncio.to_thread(server.stop)

    [(received,)] = await stored("count(*) FROM inbound")
    said = [kind for (kind,) in await stored("kind FROM message WHERE inbound IS NOT NULL")]
    sent = [asked for asked in phone.asked if asked.method == "POST"]
    assert answers == [204] * 2 * EACH
    assert len(sent) == len(said)
    if protected:
        assert (received, said) == (1, ["answer_times"])
    else:
        assert received > 1


async def _brought(settings: Settings, servers: list[Server]) -> list[int]:
    path = f"/hooks/sms/android/{hook_secret(settings.key(), 'android')}"
    payload = {"messageId": "m1", "sender": "+358401234567", "message": "2"}
    body = json.dumps({"event": "sms:received", "payload": payload}).encode()
    async with httpx.AsyncClient(timeout=30) as gateway:
        calls = [
            gateway.post(f"{server.url}{path}", content=body) for _, server in itertools.product(range(EACH), servers)
        ]
        return [answer.status_code for answer in await asyncio.gather(*calls)]
