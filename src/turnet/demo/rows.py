"""Many rows at once: what is made up is written straight into the tables, because nobody ever acted to make it."""

import base64
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from turnet.db.transactions import fetch

_ROWS = 150
"""Rows a statement: far below what either engine takes as arguments."""


async def insert(table: str, columns: str, rows: Sequence[tuple[Any, ...]], *, by: str = "") -> dict[Any, int]:
    """Returns ids by the values of the column `by`."""
    names = ", ".join(f'"{name}"' for name in columns.split())
    one = f"({', '.join(['{}'] * len(columns.split()))})"
    returning = f' RETURNING "{by}", id' if by else ""
    ids: dict[Any, int] = {}
    for part in _parts(rows):
        values = ", ".join([one] * len(part))
        found = await fetch(
            f'INSERT INTO "{table}" ({names}) VALUES {values}{returning}',  # noqa: S608  (our own names)
            *(value for row in part for value in row),
        )
        ids.update(found)
    return ids


def _parts(rows: Sequence[tuple[Any, ...]]) -> Iterable[Sequence[tuple[Any, ...]]]:
    return (rows[n : n + _ROWS] for n in range(0, len(rows), _ROWS))


def public_id(rng: Random) -> str:
    return base64.urlsafe_b64encode(rng.randbytes(16)).decode().rstrip("=")
