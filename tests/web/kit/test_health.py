"""Whoever restarts the server asks `/up`."""

from tests.web.conftest import Client


async def test_up_when_migrated(client: Client) -> None:
    answer = await client.get("/up")

    assert (answer.status_code, answer.text) == (200, "up\n")
