"""What was asked and answered: counted in one query however long the time, and comments newest first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from turnet.db.transactions import fetch
from turnet.errors import NotFound
from turnet.feedback.model import DEFAULTS, Question, Survey
from turnet.feedback.stats import Tally, added
from turnet.ids import token_hash

MOST = 60
"""Comments on a page."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Resource ids of practitioners, ids of services and locations; None: all."""

    practitioner: int | None = None
    service: int | None = None
    location: int | None = None


ALL = Filter()


@dataclass(frozen=True, slots=True)
class Cell:
    """How many were asked in one month about visits of one practitioner, service and location, and what they answered."""

    month: int
    practitioner: int
    service: int
    location: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class Comment:
    public_id: str
    score: int | None
    text: str = field(repr=False)
    state: str
    version: int
    at: datetime
    starts_at: datetime
    practitioner: int
    """Resource id."""
    service: int
    location: int
    patient: str
    """Public id."""
    name: str = field(repr=False)
    phone: str = field(repr=False)
    visit: str
    """Public id."""


def _narrowed(only: Filter) -> tuple[str, list[int]]:
    wanted = (("p.resource", only.practitioner), ("b.service", only.service), ("b.location", only.location))
    used = [(column, value) for column, value in wanted if value is not None]
    return "".join(f" AND {column} = {{}}" for column, _value in used), [value for _column, value in used]


async def survey() -> Survey:
    rows = await fetch("SELECT sample, rest_days, alarm_at FROM survey WHERE id = 1")
    return Survey(*rows[0]) if rows else DEFAULTS


async def question_behind(token: str) -> Question:
    """Raises NotFound."""
    rows = await fetch(
        "SELECT f.id, f.public_id, f.booking, b.language, f.score, f.comment, f.scored_at FROM feedback f "
        "JOIN booking b ON b.id = f.booking WHERE f.token_hash = {}",
        token_hash(token),
    )
    if not rows:
        raise NotFound(what="feedback")
    return Question(*rows[0])


async def cells(bounds: Sequence[datetime], only: Filter = ALL) -> list[Cell]:
    """By when they were asked, between each two of `bounds`."""
    months = " ".join(f"WHEN f.asked_at < {{}} THEN {month}" for month in range(len(bounds) - 1))
    where, args = _narrowed(only)
    rows = await fetch(
        f"SELECT CASE {months} END, p.resource, b.service, b.location, f.score, count(*) FROM feedback f "  # noqa: S608
        "JOIN booking b ON b.id = f.booking JOIN practitioner p ON p.id = b.practitioner "
        f"WHERE f.asked_at >= {{}} AND f.asked_at < {{}}{where} GROUP BY 1, 2, 3, 4, 5",
        *(*bounds[1:], bounds[0], bounds[-1], *args),
    )
    found: dict[tuple[int, int, int, int], list[Tally]] = {}
    for month, practitioner, service, location, score, count in rows:
        tally = Tally(count, {} if score is None else {score: count})
        found.setdefault((month, practitioner, service, location), []).append(tally)
    return [Cell(*key, added(tallies)) for key, tallies in sorted(found.items())]


async def tally_between(first: datetime, last: datetime) -> Tally:
    return added(cell.tally for cell in await cells((first, last)))


_COMMENT = (
    "SELECT f.public_id, f.score, f.comment, f.state, f.version, f.commented_at, f.scored_at, b.starts_at, "
    "p.resource, b.service, b.location, t.public_id, t.name, b.phone, b.public_id FROM feedback f "
    "JOIN booking b ON b.id = f.booking JOIN practitioner p ON p.id = b.practitioner JOIN patient t ON t.id = f.patient "
)


async def comments(
    first: datetime, last: datetime, only: Filter = ALL, *, alarm_at: int = DEFAULTS.alarm_at, most: int = MOST
) -> list[Comment]:
    """Of questions asked in that time: what was written, and low scores without a word; what waits first, newest first."""
    where, args = _narrowed(only)
    rows = await fetch(
        f"{_COMMENT}WHERE f.asked_at >= {{}} AND f.asked_at < {{}} AND (f.comment <> '' OR f.score <= {{}}){where} "
        f"ORDER BY CASE WHEN f.state = 'new' AND f.score <= {{}} THEN 0 ELSE 1 END, COALESCE(f.commented_at, f.scored_at) DESC, f.id DESC LIMIT {most:d}",
        *(first, last, alarm_at, *args, alarm_at),
    )
    return [_comment(row) for row in rows]


def _comment(row: tuple[Any, ...]) -> Comment:
    public_id, score, text, state, version, commented_at, scored_at, *rest = row
    return Comment(public_id, score, text, state, version, commented_at or scored_at, *rest)


async def comment_by_id(public_id: str) -> Comment:
    """Raises NotFound."""
    rows = await fetch(f"{_COMMENT}WHERE f.public_id = {{}}", public_id)
    if not rows:
        raise NotFound(what="feedback")
    return _comment(rows[0])


async def waiting(since: datetime, *, alarm_at: int = DEFAULTS.alarm_at) -> int:
    """Low scores that nobody has called back about."""
    [(count,)] = await fetch(
        "SELECT count(*) FROM feedback WHERE asked_at >= {} AND score <= {} AND state = 'new'", since, alarm_at
    )
    return int(count)
