"""What is hashed, what is encrypted, and that neither blocks anybody."""

import asyncio

import pytest

from turnet.errors import TooMany
from turnet.staff import secrets

KEY, OTHER = b"k" * 32, b"o" * 32


async def test_password_is_known_again_and_nothing_else() -> None:
    stored = await secrets.hashed("a red door")

    assert stored.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert [await secrets.matches(text, stored) for text in ("a red door", "a red doo", "")] == [True, False, False]


@pytest.mark.parametrize("stored", ["", "nothing", "$argon2id$v=19$m=1,t=1,p=1$bad$bad"])
async def test_nothing_matches_what_is_no_hash(stored: str) -> None:
    assert await secrets.matches("", stored) is False


async def test_hash_of_other_parameters_is_outdated() -> None:
    weaker = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY"

    assert (secrets.outdated(weaker), secrets.outdated(await secrets.hashed("x"))) == (True, False)


async def test_flood_is_turned_away_and_others_go_on() -> None:
    tries = [asyncio.create_task(secrets.hashed(f"{n}")) for n in range(secrets.MOST_WAITING + 5)]
    await asyncio.sleep(0)
    turns = 0
    while not all(one.done() for one in tries):
        turns += 1
        await asyncio.sleep(0.005)
    failed = [one for one in tries if one.exception()]

    assert {type(one.exception()) for one in failed} == {TooMany}
    assert len(failed) == 5
    assert turns > 20  # the loop kept turning meanwhile
    assert (await secrets.hashed("afterwards")).startswith("$argon2id$")


async def test_strangers_leave_room_for_those_who_are_known() -> None:
    strangers = [
        asyncio.create_task(secrets.matches("x", "", stranger=True)) for _ in range(secrets.MOST_STRANGERS + 5)
    ]
    await asyncio.sleep(0)
    known = asyncio.create_task(secrets.matches("x", ""))
    await asyncio.wait([*strangers, known])

    assert [type(one.exception()) for one in strangers if one.exception()] == [TooMany] * 5
    assert known.exception() is None


def test_sealed_text_opens_with_its_key_only() -> None:
    sealed = secrets.seal(KEY, "JBSWY3DP")

    assert "JBSWY3DP" not in sealed
    assert [secrets.unseal(key, text) for key, text in ((KEY, sealed), (OTHER, sealed), (KEY, sealed[:-2] + "xx"), (KEY, "é"))] == [
        "JBSWY3DP", None, None, None,
    ]  # fmt: skip


def test_recovery_codes_differ_and_are_typed_as_one_likes() -> None:
    codes = {secrets.recovery_code() for _ in range(100)}
    one = next(iter(codes))

    assert len(codes) == 100
    assert [len(part) for part in one.split("-")] == [4] * 6
    assert secrets.recovery_hash(one) == secrets.recovery_hash(f" {one.lower().replace('-', ' ')} ")
