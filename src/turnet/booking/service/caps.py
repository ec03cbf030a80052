"""How much one address or one contact may book and hold. They answer alike, so none tells who is known here."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from turnet.booking.model import Act, Person
from turnet.db.transactions import fetch
from turnet.errors import TooMany
from turnet.patients.model import same_mailbox

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

LIVE_HOLDS = 3
HOLDS_A_DAY = 30
BOOKINGS_AN_HOUR = 5
BOOKINGS_A_DAY = 3
OPEN_VISITS = 4
"""The first three count for one address, the last two for one telephone number or mailbox."""


async def allow_hold(act: Act, owner: str) -> None:
    """Counts one hold. Raises TooMany."""
    if not (act.limited and act.address):
        return
    [(live,)] = await fetch(
        "SELECT count(*) FROM claim WHERE address = {} AND kind = 'hold' AND expires_at > {} AND owner <> {}",
        *(act.address, act.now, owner),
    )
    if live >= LIVE_HOLDS:
        raise TooMany(what="holds")
    await _count(act, [(f"hold:{act.address}", HOLDS_A_DAY, DAY)], "holds")


async def allow_booking(act: Act, people: Sequence[Person]) -> None:
    """Counts one booking, of however many people. Raises TooMany."""
    if not act.limited:
        return
    reached = Counter(contact for person in people for contact in _contacts(person))
    await _few_open(act, sorted(reached.items()))
    limits = [(f"contact:{_hidden(contact)}", BOOKINGS_A_DAY, DAY) for _, contact in reached]
    if act.address:
        limits.append((f"book:{act.address}", BOOKINGS_AN_HOUR, HOUR))
    await _count(act, sorted(limits), "bookings")


def _contacts(person: Person) -> list[tuple[str, str]]:
    """(column of `booking`, value) of whatever the person is reached by."""
    found = [("phone", person.phone), ("mailbox", same_mailbox(person.email))]
    return [(column, contact) for column, contact in found if contact]


async def _few_open(act: Act, wanted: Sequence[tuple[tuple[str, str], int]]) -> None:
    """Raises TooMany when with `wanted` ((column, value), visits) a contact would have more than four ahead of it."""
    if not wanted:
        return
    counts = ", ".join(
        f"(SELECT count(*) FROM booking WHERE {column} = {{}} AND starts_at > {{}} "
        "AND state IN ('booked', 'confirmed'))"
        for (column, _), _ in wanted
    )
    [row] = await fetch(f"SELECT {counts}", *(arg for (_, contact), _ in wanted for arg in (contact, act.now)))
    if any(have + more > OPEN_VISITS for have, (_, more) in zip(row, wanted, strict=True)):
        raise TooMany(what="bookings")


def _hidden(contact: str) -> str:
    return hashlib.sha256(contact.encode()).hexdigest()


async def _count(act: Act, limits: Sequence[tuple[str, int, timedelta]], what: str) -> None:
    """As `past`; the transaction takes the counting back if the act fails. Raises TooMany."""
    if await past(act, limits):
        raise TooMany(what=what)


async def past(act: Act, limits: Sequence[tuple[str, int, timedelta]]) -> set[str]:
    """Adds one to each (key, most, window), which stand in the order of their keys. Returns those past their most."""
    most = {key: limit for key, limit, _ in limits}
    if not most:
        return set()
    rows = await fetch(
        f"INSERT INTO tally (key, count, until) VALUES {', '.join(['({}, 1, {})'] * len(limits))} "
        "ON CONFLICT (key) DO UPDATE SET count = CASE WHEN tally.until <= {} THEN 1 ELSE tally.count + 1 END, "
        "until = CASE WHEN tally.until <= {} THEN excluded.until ELSE tally.until END RETURNING key, count",
        *(arg for key, _, length in limits for arg in (key, act.real + length)),
        *(act.real, act.real),
    )
    return {key for key, count in rows if count > most[key]}
