"""Reads of people. Nothing here changes anything, and nobody who was merged into somebody else is found."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from turnet.db.transactions import fetch, on_sqlite
from turnet.patients.keys import terms
from turnet.patients.model import Found

_CANDIDATES = 3
"""Keys taken for each way of spelling, times what is shown: several may be one patient's."""
_LAST = "\U0010ffff"


async def search(
    text: str, *, region: str, now: datetime, limit: int = 8, practitioner: int | None = None
) -> list[Found]:
    """Patients whose name, number, address or year of birth begins with each part of `text`, the nearest first.

    Any script finds any other. `practitioner` (resource id): only those who have or had a visit with them.
    """
    sought = terms(text, region)
    if not sought:
        return []
    most = _CANDIDATES * limit
    spelled = await _candidates([term.prefixes for term in sought], practitioner, most)
    heard: list[int] = []
    if len(spelled) < limit and any(term.sounds for term in sought):
        heard = await _candidates([term.sounds or term.prefixes for term in sought], practitioner, most)
    ids = list(dict.fromkeys([*spelled, *heard]))[:most]
    place = {patient: order for order, patient in enumerate(ids)}
    exact = set(spelled)
    found = await found_by_id(ids, now=now)
    return sorted(found, key=lambda one: (one.id not in exact, one.provisional, place[one.id]))[:limit]


async def _candidates(ways: Sequence[Sequence[str]], practitioner: int | None, most: int) -> list[int]:
    """Row ids in the order of their keys, of who has a key for each part; the first part, which is the longest, leads."""
    leading, *others = ways
    args: list[Any] = []
    parts: list[str] = []
    for prefix in leading:
        condition, given = _begins("k", [prefix])
        args += given
        for other in others:
            also, given = _begins("o", other)
            condition += f" AND EXISTS (SELECT 1 FROM patient_key o WHERE o.patient = k.patient AND {also})"
            args += given
        if practitioner is not None:
            condition += f" AND {_SEEN_BY}"
            args.append(practitioner)
        parts.append(
            f"SELECT * FROM (SELECT k.patient FROM patient_key k WHERE {condition} "
            f"ORDER BY {bytewise('k')} LIMIT {most}) AS found_{len(parts)}"
        )
    return list(dict.fromkeys(patient for (patient,) in await fetch(" UNION ALL ".join(parts), *args)))


_SEEN_BY = (
    "EXISTS (SELECT 1 FROM booking b JOIN practitioner p ON p.id = b.practitioner "
    "WHERE b.patient = k.patient AND p.resource = {})"
)


def bytewise(table: str) -> str:
    """The key of a row of `patient_key`, compared byte by byte, whatever the language of the database."""
    return f"{table}.key" if on_sqlite() else f'{table}.key COLLATE "C"'


def _begins(table: str, prefixes: Sequence[str]) -> tuple[str, list[str]]:
    """A condition and its arguments: the key begins with one of these."""
    one = f"({bytewise(table)} >= {{}} AND {bytewise(table)} < {{}})"
    return f"({' OR '.join([one] * len(prefixes))})", [part for prefix in prefixes for part in (prefix, prefix + _LAST)]


_CONTACT = """(SELECT c.value FROM patient_contact l JOIN contact_point c ON c.id = l.contact_point
    WHERE l.patient = t.{who} AND c.kind = '{kind}' ORDER BY l.id LIMIT 1)"""
_CONTACTS = ", ".join(
    f"COALESCE({_CONTACT.format(who='id', kind=kind)}, {_CONTACT.format(who='guardian', kind=kind)})"
    for kind in ("phone", "email")
)
_FOUND = f"""
    SELECT t.id, t.public_id, t.name, t.birth_year, {_CONTACTS}, t.provisional,
        (SELECT b.starts_at FROM booking b WHERE b.patient = t.id AND b.starts_at >= {{}} AND b.state <> 'cancelled'
            ORDER BY b.starts_at LIMIT 1),
        (SELECT b.starts_at FROM booking b WHERE b.patient = t.id AND b.starts_at < {{}} AND b.state <> 'cancelled'
            ORDER BY b.starts_at DESC LIMIT 1)
    FROM patient t WHERE t.merged_into IS NULL AND t.id IN """


async def found_by_id(ids: Sequence[int], *, now: datetime) -> list[Found]:
    """In no particular order."""
    if not ids:
        return []
    rows = await fetch(_FOUND + f"({', '.join(['{}'] * len(ids))})", now, now, *ids)
    return [
        Found(id, public_id, name, year, phone or "", email or "", bool(provisional), coming, last)
        for id, public_id, name, year, phone, email, provisional, coming, last in rows
    ]
