"""Whoever is on the line: one known person with what they are reached by, found by id or by the number they call from."""

from dataclasses import dataclass, field
from typing import Any

from turnet.db.transactions import fetch


@dataclass(frozen=True, slots=True)
class Caller:
    id: int
    """Row id."""
    public_id: str
    name: str = field(repr=False)
    birth_year: int | None
    language: str
    phone: str = field(repr=False)
    """E.164, their own or their guardian's; empty: none is known."""
    email: str = field(repr=False)


_CONTACT = (
    "(SELECT c.value FROM patient_contact l JOIN contact_point c ON c.id = l.contact_point "
    "WHERE l.patient = t.{who} AND c.kind = '{kind}' ORDER BY l.id LIMIT 1)"
)
_CONTACTS = ", ".join(
    f"COALESCE({_CONTACT.format(who='id', kind=kind)}, {_CONTACT.format(who='guardian', kind=kind)}, '')"
    for kind in ("phone", "email")
)
_CALLER = (
    f"SELECT t.id, t.public_id, t.name, t.birth_year, t.language, {_CONTACTS} "
    "FROM patient t WHERE t.merged_into IS NULL AND t.name <> '' AND "
)
_SEEN_BY = (
    " AND EXISTS (SELECT 1 FROM booking b JOIN practitioner p ON p.id = b.practitioner "
    "WHERE b.patient = t.id AND p.resource = {})"
)


async def caller(public_id: str, *, practitioner: int | None = None) -> Caller | None:
    """`practitioner` (resource id): only somebody who has or had a visit with them."""
    found = await _callers("t.public_id = {}", [public_id], practitioner)
    return found[0] if found else None


_REACHED = (
    "(SELECT l.patient FROM patient_contact l JOIN contact_point c ON c.id = l.contact_point "
    "WHERE c.kind = 'phone' AND c.value = {})"
)
_THEIRS = f"(t.id IN {_REACHED} OR t.guardian IN {_REACHED})"


async def calling_from(phone: str, *, practitioner: int | None = None) -> list[Caller]:
    """Everybody reached by this number (E.164), a guardian's children included, by name."""
    return await _callers(_THEIRS, [phone, phone], practitioner)


async def shares(phone: str, name: str) -> bool:
    """Is anybody of another first name than `name` reached by this number (E.164)?"""
    rows = await fetch(
        f"SELECT t.name FROM patient t WHERE t.merged_into IS NULL AND t.name <> '' AND {_THEIRS} LIMIT 20",
        *(phone, phone),
    )
    return any(_first(other) != _first(name) for (other,) in rows)


def _first(name: str) -> str:
    return next(iter(name.casefold().split()), "")


async def _callers(condition: str, args: list[Any], practitioner: int | None) -> list[Caller]:
    seen = "" if practitioner is None else _SEEN_BY
    more = [] if practitioner is None else [practitioner]
    rows = await fetch(f"{_CALLER}{condition}{seen} ORDER BY t.name, t.id", *args, *more)
    return [Caller(*row) for row in rows]
