"""What was asked and answered: counted in one query however long the time, and comments newest first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from turnet.db.transactions import fetch
from turnet.errors import NotFound
from turnet.feedback.alarm import TOLD
from turnet.feedback.model import DEFAULTS, Question, Survey
from turnet.feedback.stats import Tally, added
from turnet.ids import token_hash

MOST = 30
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
class Below:
    """The last comment of a page, as the next page begins after it."""

    waits: int
    """1: a low score that nobody has dealt with; these come first. Else 0."""
    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Comment:
    id: int
    waits: int
    told: bool
    """Somebody at the clinic was told by mail of a low score."""
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


REACHED = """(f.score IS NOT NULL OR NOT EXISTS (SELECT 1 FROM step s JOIN message m ON m.id = s.message
    WHERE s.booking = f.booking AND m.kind = 'feedback' AND m.recipient = f.contact
    AND m.state IN ('failed', 'skipped', 'cancelled')))"""
"""Of questions `f`: all but those that never arrived. Nobody was asked by them."""


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
        f"WHERE f.asked_at >= {{}} AND f.asked_at < {{}} AND {REACHED}{where} GROUP BY 1, 2, 3, 4, 5",
        *(*bounds[1:], bounds[0], bounds[-1], *args),
    )
    found: dict[tuple[int, int, int, int], list[Tally]] = {}
    for month, practitioner, service, location, score, count in rows:
        tally = Tally(count, {} if score is None else {score: count})
        found.setdefault((month, practitioner, service, location), []).append(tally)
    return [Cell(*key, added(tallies)) for key, tallies in sorted(found.items())]


async def tally_between(first: datetime, last: datetime) -> Tally:
    return added(cell.tally for cell in await cells((first, last)))


_AT = "COALESCE(f.commented_at, f.scored_at)"
_WAITS = "CASE WHEN (f.state = 'new' OR f.public_id = {}) AND f.score <= {} THEN 1 ELSE 0 END"
_COMMENT = (
    f"SELECT f.id, {_WAITS}, {TOLD}, f.public_id, f.score, f.comment, f.state, f.version, f.commented_at, f.scored_at, "  # noqa: S608  (our own names)
    "b.starts_at, p.resource, b.service, b.location, t.public_id, t.name, b.phone, b.public_id FROM feedback f "
    "JOIN booking b ON b.id = f.booking JOIN practitioner p ON p.id = b.practitioner JOIN patient t ON t.id = f.patient "
)
_CORRECTED = f"(f.score > {{}} AND f.version > 2 AND {TOLD})"
"""A score that is not low any more has been written twice: that is seen before the mails are looked for."""


async def comments(
    first: datetime,
    last: datetime,
    only: Filter = ALL,
    *,
    alarm_at: int = DEFAULTS.alarm_at,
    below: Below | None = None,
    kept: str = "",
    most: int = MOST,
) -> list[Comment]:
    """Of questions asked in that time: what was written, low scores without a word, and those put right after a mail.

    What waits comes first, then the newest; `kept` (a public id) stays where it stood while it waited.
    """
    where, args = _narrowed(only)
    waits, so_far = (kept, alarm_at), [below.waits, below.at, below.id] if below else []
    rows = await fetch(
        f"{_COMMENT}WHERE f.asked_at >= {{}} AND f.asked_at < {{}} "
        f"AND (f.comment <> '' OR f.score <= {{}} OR {_CORRECTED}){where} "
        f"{f'AND ({_WAITS}, {_AT}, f.id) < ({{}}, {{}}, {{}}) ' if below else ''}"
        f"ORDER BY {_WAITS} DESC, {_AT} DESC, f.id DESC LIMIT {most:d}",
        *(*waits, first, last, alarm_at, alarm_at, *args, *(waits if below else ()), *so_far, *waits),
    )
    return [_comment(row) for row in rows]


def _comment(row: tuple[Any, ...]) -> Comment:
    id, waits, told, public_id, score, text, state, version, commented_at, scored_at, *rest = row
    return Comment(id, waits, bool(told), public_id, score, text, state, version, commented_at or scored_at, *rest)


async def comment_by_id(public_id: str) -> Comment:
    """Raises NotFound."""
    rows = await fetch(f"{_COMMENT}WHERE f.public_id = {{}}", "", DEFAULTS.alarm_at, public_id)
    if not rows:
        raise NotFound(what="feedback")
    return _comment(rows[0])


async def waiting(since: datetime, *, alarm_at: int = DEFAULTS.alarm_at) -> int:
    """Low scores that nobody has called back about."""
    [(count,)] = await fetch(
        "SELECT count(*) FROM feedback WHERE asked_at >= {} AND score <= {} AND state = 'new'", since, alarm_at
    )
    return int(count)
