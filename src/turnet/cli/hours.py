"""Weekly hours as people write them: `Mon-Fri 8-12,13-16; Sat 10-14`."""

import re
from typing import NamedTuple

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RULE = re.compile(
    r"\s*(?P<days>[a-z]+(\s*-\s*[a-z]+)?(\s*,\s*[a-z]+(\s*-\s*[a-z]+)?)*)\s+(?P<times>[\d:.,\s–-]+)", re.IGNORECASE
)
_TIME = re.compile(r"(\d{1,2})(?:[:.]([0-5]\d))?\s*[-–]\s*(\d{1,2})(?:[:.]([0-5]\d))?")


class BadHours(ValueError):
    """The text says which part was not understood and shows one that would be."""


class Opening(NamedTuple):
    weekday: int
    """Monday is 0."""
    opens: int
    closes: int
    """Minutes of the day."""


def weekly(text: str) -> list[Opening]:
    """Raises `BadHours`."""
    found: list[Opening] = []
    for part in filter(str.strip, text.split(";")):
        rule = _RULE.fullmatch(part.rstrip())
        if rule is None:
            raise BadHours(
                f"hours {part.strip()!r} are not understood; write for example: Mon-Fri 8-12,13-16; Sat 10-14"
            )
        times = [_opening(piece, part) for piece in rule["times"].split(",")]
        found += [Opening(day, *time) for day in _weekdays(rule["days"]) for time in times]
    if not found:
        raise BadHours("no hours were given; write for example: Mon-Fri 8-12,13-16")
    return sorted(found)


def _opening(piece: str, part: str) -> tuple[int, int]:
    match = _TIME.fullmatch(piece.strip())
    if match is None:
        raise BadHours(
            f"time {piece.strip()!r} in {part.strip()!r} is not understood; write for example: 8-12 or 8:30-12:15"
        )
    opens, closes = (int(match[n]) * 60 + int(match[n + 1] or 0) for n in (1, 3))
    if not 0 <= opens < closes <= 24 * 60:
        raise BadHours(f"{piece.strip()!r} in {part.strip()!r} must lie within one day and begin before it ends")
    return opens, closes


def _weekdays(text: str) -> list[int]:
    days: list[int] = []
    for piece in text.split(","):
        first, _dash, last = (name.strip().lower()[:3] for name in piece.partition("-"))
        if first not in _DAYS or (last and last not in _DAYS):
            raise BadHours(f"day {piece.strip()!r} is not understood; write Mon, Tue, Wed, Thu, Fri, Sat or Sun")
        start, end = _DAYS.index(first), _DAYS.index(last or first)
        days += [(start + n) % 7 for n in range((end - start) % 7 + 1)]
    return days
