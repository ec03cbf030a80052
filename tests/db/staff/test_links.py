"""One-time links under bad luck: two at once, an account that is already there."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import a_clinic
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.errors import Invalid, NotFound, TurnetError
from turnet.staff.model import Knock, Role
from turnet.staff.service import accounts, links, sessions
from turnet.staff.service.accounts import Part

NOW = datetime(2026, 12, 1, 8, 42, tzinfo=UTC)
KNOCK = Knock(NOW, b"k" * 32, address="a", agent="Firefox")
PASSWORD = "a red door and a blue roof"


async def _joins(token: str, name: str) -> str:
    try:
        await links.join(KNOCK, token, PASSWORD, name=name, email=f"{name.lower()}@tuomi.example", language="en")
    except TurnetError as error:
        return error.code
    return "joined"


async def test_two_people_with_two_links_make_one_owner(engine: AnyEngine) -> None:
    await a_clinic()
    tokens = [await links.first_owner(NOW) for _ in range(2)]

    answers = await asyncio.gather(
        *(_joins(str(token), name) for token, name in zip(tokens, ("Ona", "Eve"), strict=True))
    )

    assert sorted(answers) == ["joined", "not_found"]
    assert await fetch("SELECT count(*), min(role) FROM staff_user") == [(1, "owner")]


async def test_two_people_with_one_link_join_once(engine: AnyEngine) -> None:
    await a_clinic()
    _id, token = await accounts.invite(KNOCK, None, "Rea", "rea@tuomi.example", Part(Role.RECEPTION), language="en")

    answers = await asyncio.gather(*(_joins(token, "Rea") for _ in range(3)))

    assert sorted(answers) == ["joined", "not_found", "not_found"]
    assert await fetch("SELECT count(*) FROM staff_session") == [(1,)]


async def test_two_invitations_of_one_address_make_one_account(engine: AnyEngine) -> None:
    await a_clinic()

    async def invited(name: str) -> str:
        try:
            await accounts.invite(KNOCK, None, name, "rea@tuomi.example", Part(Role.RECEPTION), language="en")
        except Invalid as error:
            return error.fields["email"]
        return "invited"

    assert sorted(await asyncio.gather(invited("Rea"), invited("Eve"))) == ["invited", "taken"]
    assert await fetch("SELECT count(*) FROM staff_user") == [(1,)]


async def test_two_owners_who_disable_each_other_leave_one(engine: AnyEngine) -> None:
    await a_clinic()
    publics = []
    for name in ("Ona", "Otto"):
        public_id, token = await accounts.invite(
            KNOCK, None, name, f"{name}@tuomi.example", Part(Role.OWNER), language="en"
        )
        await links.join(KNOCK, token, PASSWORD)
        publics.append(public_id)

    async def disabled(public_id: str) -> str:
        try:
            await accounts.disable(KNOCK, None, public_id)
        except Invalid as error:
            return error.fields["role"]
        return "disabled"

    assert sorted(await asyncio.gather(*map(disabled, publics))) == ["disabled", "last_owner"]
    assert await fetch("SELECT count(*) FROM staff_user WHERE disabled_at IS NULL") == [(1,)]


async def test_unfit_password_leaves_the_link_good(engine: AnyEngine) -> None:
    await a_clinic()
    _id, token = await accounts.invite(KNOCK, None, "Rea", "rea@tuomi.example", Part(Role.RECEPTION), language="en")

    with pytest.raises(Invalid):
        await links.join(KNOCK, token, "short")

    assert (await links.behind(KNOCK, token)).kind == "invite"


async def test_what_is_past_its_life_is_swept(engine: AnyEngine) -> None:
    await a_clinic()
    await links.first_owner(NOW)
    _id, token = await accounts.invite(KNOCK, None, "Rea", "rea@tuomi.example", Part(Role.RECEPTION), language="en")
    await links.join(KNOCK, token, PASSWORD)

    await sessions.sweep(NOW + timedelta(days=8))
    kept = await fetch("SELECT (SELECT count(*) FROM staff_link), (SELECT count(*) FROM staff_session)")
    await sessions.sweep(NOW + timedelta(days=30))

    assert kept == [(0, 1)]
    assert await fetch("SELECT count(*) FROM staff_session") == [(0,)]


async def test_no_secret_stands_in_the_database(engine: AnyEngine) -> None:
    await a_clinic()
    _id, token = await accounts.invite(KNOCK, None, "Rea", "rea@tuomi.example", Part(Role.RECEPTION), language="en")
    entered = await links.join(KNOCK, token, PASSWORD)

    rows = [
        await fetch(f"SELECT * FROM {table}")
        for table in ("staff_user", "staff_session", "staff_link", "audit_entry", "recovery_code", "tally")
    ]

    assert [secret in str(rows) for secret in (token, entered.token, PASSWORD)] == [False] * 3


async def test_unknown_link_is_not_found(engine: AnyEngine) -> None:
    await a_clinic()

    with pytest.raises(NotFound):
        await links.behind(KNOCK, "x" * 43)
