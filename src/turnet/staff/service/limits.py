"""How often somebody may guess. A browser that has logged in before counts by itself, so that nobody locks it out.

Every try is counted before it is made and taken back when it was right, so that guesses at the same moment count too.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from turnet.db.transactions import fetch, tx
from turnet.errors import TooMany
from turnet.ids import link_token, token_hash
from turnet.staff.model import Knock

WINDOW = timedelta(minutes=15)

FROM_ADDRESS = 10
FROM_ADDRESS_ON_ACCOUNT = 5
FROM_DEVICE = 10
"""Wrong passwords in a window."""
CODES = 10
"""Wrong codes and PINs of one account in a window, from one address or known browser."""
CODES_OF_STRANGERS = 20
"""The same from all unknown browsers together: addresses are many and six digits few. Only whoever has the password gets here."""
LINKS = 20
"""One-time links that nobody made, from one address in a window."""

CALM = 5
"""Wrong passwords of one account from all strangers, before each further one is answered more slowly."""
SLOWER_SECONDS = 0.25
SLOWEST_SECONDS = 3.0


class Limit(NamedTuple):
    key: str
    most: int


def known_device(knock: Knock, public_id: str) -> str:
    """The device's own name, if this browser has logged in to the account before; else empty."""
    name, _, mac = knock.device.partition(".")
    return name if name and mac == link_token(knock.key, "device", f"{public_id}:{name}", 0) else ""


def device(key: bytes, public_id: str, name: str) -> str:
    """What a browser keeps to be known again."""
    return f"{name}.{link_token(key, 'device', f'{public_id}:{name}', 0)}"


def of_passwords(knock: Knock, account: str, known: str) -> list[Limit]:
    """`account` is what was typed, `known` the device's name."""
    if known:
        return [Limit(f"login:device:{known}", FROM_DEVICE)]
    return [
        Limit(f"login:from:{knock.address}", FROM_ADDRESS),
        Limit(f"login:from:{knock.address}:{_short(account)}", FROM_ADDRESS_ON_ACCOUNT),
    ]


def of_codes(knock: Knock, user: int, known: str) -> list[Limit]:
    """`known`: the device's name, or the session's in which somebody is already."""
    if known:
        return [Limit(f"code:{user}:{known}", CODES)]
    return [Limit(f"code:{user}:{knock.address}", CODES), Limit(f"code:{user}", CODES_OF_STRANGERS)]


def of_links(knock: Knock) -> list[Limit]:
    return [Limit(f"join:from:{knock.address}", LINKS)]


async def count(knock: Knock, limits: Sequence[Limit]) -> None:
    """Counts one try. Raises TooMany, with `first` true for the first refusal of a window."""
    if not knock.limited:
        return
    async with tx():
        counts = [(limit, await _add(knock, limit.key)) for limit in limits]
    past = [count - limit.most for limit, count in counts if count > limit.most]
    if past:
        raise TooMany(what="login", first=max(past) == 1)


async def forgive(knock: Knock, limits: Sequence[Limit]) -> None:
    """It was right: one try less. Inside the act's transaction."""
    for limit in limits if knock.limited else ():
        await fetch("UPDATE tally SET count = count - 1 WHERE key = {} AND count > 0 RETURNING id", limit.key)


async def seconds_to_wait(knock: Knock, account: str) -> float:
    """Counts one wrong password of the account and says how long a stranger's answer about it takes by now."""
    if not knock.limited:
        return 0.0
    async with tx():
        wrong = await _add(knock, f"login:on:{_short(account)}")
    return min(SLOWEST_SECONDS, SLOWER_SECONDS * max(0, wrong - CALM))


async def _add(knock: Knock, key: str) -> int:
    [(count,)] = await fetch(
        "INSERT INTO tally (key, count, until) VALUES ({}, 1, {}) ON CONFLICT (key) DO UPDATE SET "
        "count = CASE WHEN tally.until <= {} THEN 1 ELSE tally.count + 1 END, "
        "until = CASE WHEN tally.until <= {} THEN excluded.until ELSE tally.until END RETURNING count",
        *(key, knock.real + WINDOW, knock.real, knock.real),
    )
    return int(count)


def _short(account: str) -> str:
    return token_hash(account)[:24]
