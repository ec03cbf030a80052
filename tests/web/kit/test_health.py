"""Whoever restarts the server asks `/up`; whoever wants to know why asks `/ready`, on the machine itself."""

import pytest
from litestar import Litestar

from tests.web.conftest import Client
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch
from turnet.web.kit.health import Condition, condition


async def test_up_when_migrated(client: Client) -> None:
    answer = await client.get("/up")

    assert (answer.status_code, answer.text, answer.headers["cache-control"]) == (200, "up\n", "no-store")


async def test_not_up_while_migrations_are_pending(client: Client) -> None:
    await fetch("DELETE FROM migration WHERE name = '0002'")

    up, ready = await client.get("/up"), await client.get("/ready")

    assert (up.status_code, ready.status_code, ready.json()) == (503, 503, {"ready": False})


async def test_reasons_are_told_on_the_machine_itself_only(app: Litestar) -> None:
    answers = {}
    for address in ("127.0.0.1", "::1", "203.0.113.9"):
        async with Client(app, address=address) as client:
            answers[address] = (await client.get("/ready")).json()
    async with Client(app, address="127.0.0.1") as client:
        answers["forwarded"] = (await client.get("/ready", headers={"X-Forwarded-For": "127.0.0.1"})).json()

    told = {address: sorted(answer) for address, answer in answers.items()}
    assert told["127.0.0.1"] == told["::1"] != ["ready"]
    assert (told["203.0.113.9"], told["forwarded"]) == (["ready"], ["ready"])


@pytest.mark.postgres
@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
async def test_clock_apart_from_the_databases_is_not_ready(app: Litestar, clock: FrozenClock) -> None:
    ((there,),) = await fetch("SELECT clock_timestamp()")

    clock.at = there
    near = await condition(clock)
    clock.advance(seconds=3)
    apart = await condition(clock)

    assert (near.ready, apart.ready) == (True, False)


def test_stuck_outbox_is_not_well_but_visitors_can_book() -> None:
    stuck = Condition([], 0.0, 3, 601.0, 0, 0)

    assert (stuck.ready, stuck.well) == (True, False)
