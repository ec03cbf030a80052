"""Writes of the clinic's setup: one function is one act in one transaction.

Every act raises the setup version, so that every process reads the clinic again, and leaves a setup from which
every day can be worked out: otherwise it raises `BadRules` and nothing has happened. `change()` joins several acts.
Practitioners and rooms are named by their resource ids, as everywhere outside `clinic.tables`.
"""

import json
import re
import unicodedata
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any

from piccolo.table import Table

from turnet.clinic import queries
from turnet.clinic.model import Texts
from turnet.clinic.tables import (
    Clinic,
    Closure,
    DatedHours,
    Diary,
    Hours,
    Location,
    Practitioner,
    Redirect,
    Resource,
    Room,
    Service,
    ServicePractitioner,
    ServiceRoom,
)
from turnet.db.transactions import tx
from turnet.errors import Invalid, NotFound
from turnet.scheduling.check import check
from turnet.scheduling.rules import Session, WeeklySession
from turnet.scheduling.spans import Span

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_KINDS: Mapping[str, type[Table]] = {
    "location": Location,
    "room": Room,
    "practitioner": Practitioner,
    "service": Service,
}


_changing: ContextVar[bool] = ContextVar("changing", default=False)


@asynccontextmanager
async def change() -> AsyncIterator[None]:
    """Joins the acts inside into one: all or none, the versions raised and the whole setup checked once, at the end."""
    if _changing.get():
        yield
        return
    async with tx():
        token = _changing.set(True)
        try:
            yield
        finally:
            _changing.reset(token)
        await Diary.update(
            {Diary.version: Diary.version + 1, Diary.setup_version: Diary.setup_version + 1}, force=True
        ).where(Diary.id == 1)  # type: ignore[attr-defined]  # Piccolo adds the key
        await _check()


async def _check() -> None:
    try:
        clinic = await queries.load()
    finally:
        queries._held.clear()  # noqa: SLF001  (not committed yet: nobody else may be handed it)
    if clinic is not None:
        check(clinic.setup)


def slug_of(text: str, otherwise: str) -> str:
    """`Sanna Köivistö` → `sanna-koivisto`; a text without Latin letters gives `otherwise`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or otherwise


async def create_clinic(
    name: Texts,
    *,
    zone: str,
    languages: Sequence[str],
    region: str,
    currency: str,
    key_fingerprint: str,
    **more: Any,
) -> None:
    """The one clinic of an installation; `more` are further columns of the row, texts as mappings.

    Raises `Invalid` when there is a clinic already or its default language has no name.
    """
    if not name.get(languages[0]):
        raise Invalid({"name": "missing_in_default_language"})
    async with change():
        if await Clinic.exists():
            raise Invalid({"clinic": "exists"})
        await Diary.insert(Diary(id=1))
        row: dict[str, Any] = {"zone": zone, "languages": ",".join(languages), "region": region, "currency": currency}
        await Clinic.insert(Clinic(id=1, name=_json(name), key_fingerprint=key_fingerprint, **row, **_stored(more)))


async def add_location(slug: str, name: Texts, **more: Any) -> int:
    """`more`: address, city, directions, waiting (texts), phone, email, latitude, longitude. Returns its id."""
    async with change():
        return await _add(Location, slug, name=name, **more)


async def add_room(slug: str, name: Texts, *, location: int) -> int:
    """Returns its resource id."""
    async with change():
        resource = await _resource("room")
        await _add(Room, slug, name=name, location=location, resource=resource)
        return resource


async def add_practitioner(slug: str, name: Texts, *, languages: Sequence[str] = (), **more: Any) -> int:
    """`more`: title, about (texts). Returns their resource id."""
    async with change():
        resource = await _resource("practitioner")
        await _add(Practitioner, slug, name=name, languages=",".join(languages), resource=resource, **more)
        return resource


async def add_service(
    slug: str, name: Texts, *, practitioners: Sequence[int], rooms: Sequence[int], **more: Any
) -> int:
    """`more`: further columns of `tables.Service`; without `rooms` it needs none. Returns its id."""
    async with change():
        service = await _add(Service, slug, name=name, needs_room=bool(rooms), **more)
        people = [await _row(Practitioner, resource) for resource in practitioners]
        hosts = [await _row(Room, resource) for resource in rooms]
        if people:
            await ServicePractitioner.insert(*(ServicePractitioner(service=service, practitioner=p) for p in people))
        if hosts:
            await ServiceRoom.insert(*(ServiceRoom(service=service, room=room) for room in hosts))
        return service


async def set_weekly_hours(practitioner: int, week: Sequence[WeeklySession]) -> None:
    """Replaces the whole week of one practitioner; a break is the gap between two sessions."""
    async with change():
        row = await _row(Practitioner, practitioner)
        await Hours.delete().where(Hours.practitioner == row)
        if week:
            await Hours.insert(*(_hours(row, rule) for rule in week))


def _hours(practitioner: int, rule: WeeklySession) -> Hours:
    return Hours(
        practitioner=practitioner,
        weekday=rule.weekday,
        location=rule.session.location,
        opens=rule.session.opens,
        closes=rule.session.closes,
        step=rule.session.step,
        valid_from=rule.valid_from,
        valid_until=rule.valid_until,
        reserved_for=",".join(str(service) for service in sorted(rule.session.reserved_for)),
        release=rule.session.release,
    )


async def set_dated_hours(practitioner: int, day: date, sessions: Sequence[Session]) -> None:
    """Replaces the weekly hours (and a public holiday) of one local date; no sessions mean off."""
    async with change():
        row = await _row(Practitioner, practitioner)
        await DatedHours.delete().where((DatedHours.practitioner == row) & (DatedHours.day == day))
        rows = [
            DatedHours(practitioner=row, day=day, location=s.location, opens=s.opens, closes=s.closes, step=s.step)
            for s in sessions
        ]
        await DatedHours.insert(*rows or [DatedHours(practitioner=row, day=day)])


async def close(
    span: Span,
    reason: Texts,
    *,
    location: int | None = None,
    resource: int | None = None,
    staff: int | None = None,
    made_at: datetime | None = None,
) -> int:
    """Nobody is there: at one location, of one resource, or with neither in the whole clinic. Returns its id.

    `staff` blocked it at the desk, at `made_at` (business time).
    """
    async with change():
        row = Closure(
            location=location,
            resource=resource,
            starts_at=span.start,
            ends_at=span.end,
            reason=_json(reason),
            staff=staff,
            made_at=made_at,
        )
        return int((await Closure.insert(row))[0]["id"])


async def open_again(closure: int) -> None:
    """Takes a closure back. Raises `NotFound`."""
    async with change():
        if not await Closure.delete().where(Closure.id == closure).returning(Closure.id):
            raise NotFound(closure=closure)


async def renew_door(location: int) -> None:
    """The poster at a location's door leads nowhere from now on; a new one does. Raises `NotFound`."""
    async with change():
        door_no = Location.door_no + 1
        if not await Location.update({Location.door_no: door_no}).where(Location.id == location).returning(Location.id):
            raise NotFound(location=location)


async def write_texts(kind: str, slug: str, **texts: Texts) -> None:
    """Replaces texts of a `location` or `service`, in all languages: `waiting`, `instructions`, `aftercare`.

    Raises `NotFound`.
    """
    table: Any = _KINDS[kind]
    async with change():
        found = await table.update(_stored(texts)).where(table.slug == slug).returning(table.id)
        if not found:
            raise NotFound(kind=kind, slug=slug)


async def rename_slug(kind: str, old: str, new: str) -> None:
    """The old address keeps leading here. Raises `NotFound` or, when `new` is no slug or taken, `Invalid`."""
    table: Any = _KINDS[kind]
    async with change():
        rows = await table.select().where(table.slug == old)
        if not rows:
            raise NotFound(kind=kind, slug=old)
        await _free(table, new)
        target = rows[0].get("resource", rows[0]["id"])
        await table.update({table.slug: new}).where(table.slug == old)
        await Redirect.delete().where((Redirect.kind == kind) & Redirect.slug.is_in([old, new]))
        await Redirect.insert(Redirect(kind=kind, slug=old, target=target))


async def _add(table: Any, slug: str, **columns: Any) -> int:
    await _free(table, slug)
    row = table(slug=slug, position=await table.count(), **_stored(columns))
    return int((await table.insert(row))[0]["id"])


async def _free(table: Any, slug: str) -> None:
    if not _SLUG.fullmatch(slug) or len(slug) > 60:
        raise Invalid({"slug": "not_a_slug"}, slug=slug)
    if await table.exists().where(table.slug == slug):
        raise Invalid({"slug": "taken"}, slug=slug)


async def _resource(kind: str) -> int:
    return int((await Resource.insert(Resource(kind=kind)))[0]["id"])


async def _row(table: Any, resource: int) -> int:
    rows = await table.select(table.id).where(table.resource == resource)
    if not rows:
        raise NotFound(resource=resource)
    return int(rows[0]["id"])


def _json(texts: Texts) -> str:
    return json.dumps(dict(texts), ensure_ascii=False)


def _stored(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _json(value) if isinstance(value, Mapping) else value for name, value in columns.items()}
