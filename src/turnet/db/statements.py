"""What both engines need to know of a statement: whether it only reads, and a number for each moment of writing."""

import itertools
import re
from functools import lru_cache

_READS = re.compile(r"\s*(SELECT|WITH|EXPLAIN|VALUES)\b", re.IGNORECASE)
_WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|RETURNING)\b", re.IGNORECASE)

_stamps = itertools.count(1)


def next_stamp() -> int:
    """A number this process never gave before."""
    return next(_stamps)


@lru_cache(maxsize=1024)
def placed(sql: str, *, numbered: bool) -> str:
    """`{}` as this engine's place for an argument: `$1`, `$2` … or `?`."""
    first, *rest = sql.split("{}")
    return first + "".join(f"{f'${place}' if numbered else '?'}{part}" for place, part in enumerate(rest, 1))


@lru_cache(maxsize=1024)
def only_reads(sql: str) -> bool:
    """False when in doubt; a locking `SELECT … FOR UPDATE` counts as a write."""
    return _READS.match(sql) is not None and _WRITES.search(sql) is None
