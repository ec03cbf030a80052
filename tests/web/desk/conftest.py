"""Staff in front of the app: an account and a session as logging in leaves them, without going through the login page."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar

from tests.web.conftest import Client
from tests.web.public.conftest import statements  # noqa: F401  (a fixture for these tests too)
from turnet.ids import token_hash
from turnet.staff.tables import StaffSession, StaffUser
from turnet.web.desk.seat import cookie_name

Signs = Callable[..., Awaitable[Client]]


async def an_account(app: Litestar, role: str = "reception", **more: Any) -> int:
    """`practitioner` is the row of `clinic.practitioners[…].row`. Returns the account's id."""
    name = more.pop("name", role.replace("_", " ").title())
    row = {
        "public_id": f"{role:_<22}"[:22], "email": f"{role}@tuomi.example", "name": name, "role": role,
        "initials": "".join(part[0] for part in name.split())[:2], "created_at": app.state.clock.real(),
    }  # fmt: skip
    return int((await StaffUser.insert(StaffUser(**row | more)))[0]["id"])


async def a_session(app: Litestar, user: int, token: str, **more: Any) -> None:
    real = app.state.clock.real()
    row = {
        "public_id": token[:22], "token_hash": token_hash(token), "user": user, "created_at": real, "seen_at": real,
        "proven_at": real, "ends_at": real + timedelta(days=30),
    }  # fmt: skip
    await StaffSession.insert(StaffSession(**row | more))


@pytest.fixture
def signs_in(app: Litestar, loop: asyncio.Runner) -> Iterator[Signs]:
    """`desk = await signs_in("reception")` after `await a_clinic()`: a client with that role's cookie."""
    clients: list[Client] = []

    async def signed_in(role: str = "reception", **more: Any) -> Client:
        user = await an_account(app, role, **more)
        token = f"token-of-{user}-" + "t" * 20
        await a_session(app, user, token)
        client = Client(app)
        client.cookies.set(cookie_name(app.state.settings), token)
        clients.append(client)
        return client

    yield signed_in
    for client in clients:
        loop.run(client.aclose())
