"""What an address asks for: one spelling of every date and time, known slugs only, everything else is 404 or 301."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TypeVar
from urllib.parse import urlencode

from turnet.clinic.model import Clinic, Location, Practitioner, Service
from turnet.errors import NotFound
from turnet.web.kit.errors import MovedTo
from turnet.web.kit.htmx import AnyRequest

One = TypeVar("One", Service, Practitioner, Location)

PARTS = ("morning", "afternoon", "evening")
_DATE = re.compile(r"(\d{4})[-./]?(\d{1,2})[-./]?(\d{1,2})", re.ASCII)
_MONTH = re.compile(r"(\d{4})[-./]?(\d{1,2})", re.ASCII)
_YEARS = range(2000, 2201)
"""Weeks around any of them are dates too."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A view of the diary: which part of it, and how it is narrowed. `url()` is the only way to write its address."""

    base: str
    """`/en/book/check-up`, or `/a/{token}/move`."""
    day: date | None = None
    week: date | None = None
    month: date | None = None
    practitioner: str = ""
    location: str = ""
    part: str = ""
    language: str = ""
    """Only where the address does not begin with it."""

    @property
    def moving(self) -> bool:
        return self.base.startswith("/a/")

    def url(self, **changes: object) -> str:
        """The address of this view, changed; a new day, week or month replaces the old one."""
        if changes.keys() & {"day", "week", "month"}:
            changes = {"day": None, "week": None, "month": None} | changes
        then = replace(self, **changes)  # type: ignore[arg-type]
        path, query = then.base, []
        if then.day and not then.moving:
            path = f"{path}/{then.day}"
        elif then.day:
            query.append(("day", f"{then.day}"))
        if then.month:
            query.append(("month", f"{then.month:%Y-%m}"))
        if then.week:
            query.append(("week", f"{then.week}"))
        query += then.narrowing()
        return f"{path}?{urlencode(query)}" if query else path

    def narrowing(self) -> list[tuple[str, str]]:
        pairs = [("with", self.practitioner), ("at", self.location), ("part", self.part), ("lang", self.language)]
        return [pair for pair in pairs if pair[1]]


def diary(request: AnyRequest, clinic: Clinic, service: Service, base: str, day: str = "", language: str = "") -> Asked:
    """Reads path and query of a diary page. Raises `NotFound`, or `MovedTo` the usual spelling."""
    query = once(request)
    day = day or query.get("day", "")
    asked = Asked(
        base=base,
        day=_date(day) if day else None,
        week=_date(query["week"]) if query.get("week") else None,
        month=_month(query["month"]) if query.get("month") else None,
        practitioner=_slug(clinic.practitioners, clinic, "practitioner", query.get("with", "")),
        location=_slug(clinic.locations, clinic, "location", query.get("at", "")),
        part=query.get("part", ""),
        language=language,
    )
    if asked.part not in ("", *PARTS):
        raise NotFound(part=asked.part)
    if asked.practitioner and clinic.practitioners[asked.practitioner].id not in service.rules.practitioners:
        raise NotFound(practitioner=asked.practitioner)
    spelled = ((day, asked.day, 10), (query.get("week"), asked.week, 10), (query.get("month"), asked.month, 7))
    moved = {"with": asked.practitioner, "at": asked.location}
    if any(then and text != str(then)[:size] for text, then, size in spelled) or any(
        query.get(name, "") != slug for name, slug in moved.items()
    ):
        raise MovedTo(asked.url())
    return asked


def once(request: AnyRequest) -> Mapping[str, str]:
    """The query, every name once."""
    found: dict[str, str] = {}
    for name, text in request.query_params.multi_items():
        if name in found:
            raise NotFound(twice=name)
        found[name] = text
    return found


def start(text: str) -> int:
    """`20261201T0730Z` in minutes since 1970 UTC. Raises `NotFound`; compare with `spelled` for the one spelling."""
    try:
        at = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise NotFound(start=text) from error
    if at.tzinfo is None or at.second or at.microsecond or at.year not in _YEARS:
        raise NotFound(start=text)
    return int(at.timestamp() // 60)


def spelled(minute: int) -> str:
    return f"{datetime.fromtimestamp(minute * 60, UTC):%Y%m%dT%H%MZ}"


def known(things: Mapping[str, One], clinic: Clinic, kind: str, slug: str, address: str) -> One:
    """The thing of that slug. Raises `MovedTo` (an old slug; `address` with `{}` for the slug) or `NotFound`."""
    if slug in things:
        return things[slug]
    today = clinic.moved_slugs.get((kind, slug))
    if today in things:
        raise MovedTo(address.format(today))
    raise NotFound(**{kind: slug})


def bookable(clinic: Clinic, slug: str, address: str) -> Service:
    """A service that patients book themselves."""
    return known({s.slug: s for s in clinic.services.values() if s.online}, clinic, "service", slug, address)


def _slug(things: Mapping[str, One], clinic: Clinic, kind: str, slug: str) -> str:
    if not slug or slug in things:
        return slug
    today = clinic.moved_slugs.get((kind, slug), "")
    if today in things:
        return today
    raise NotFound(**{kind: slug})


def _date(text: str) -> date:
    if (found := _DATE.fullmatch(text)) and int(found[1]) in _YEARS:
        try:
            return date(*map(int, found.groups()))
        except ValueError:
            pass
    raise NotFound(date=text)


def _month(text: str) -> date:
    if (found := _MONTH.fullmatch(text)) and int(found[1]) in _YEARS:
        try:
            return date(int(found[1]), int(found[2]), 1)
        except ValueError:
            pass
    raise NotFound(month=text)
