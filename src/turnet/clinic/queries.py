"""Reads of the clinic's setup: seven small queries, then held in memory until the setup version moves."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import holidays as public_holidays

from turnet.clinic import tables
from turnet.clinic.model import Clinic, Location, Practitioner, Room, Service
from turnet.db.engine import AnyEngine, bound
from turnet.db.transactions import read_snapshot
from turnet.db.versions import Versions, current
from turnet.scheduling.rules import Buffers, Closed, ServiceRules, Session, Setup, WeeklySession
from turnet.scheduling.spans import Span

_YEARS = range(2025, 2046)
"""A fixed range, so that no clock is read here; far beyond any horizon."""

_held: dict[AnyEngine, Clinic] = {}


async def versions() -> Versions:
    """(setup version, diary version): what every cached page is keyed by. No query while nobody wrote."""
    return await current()


async def clinic() -> Clinic | None:
    """The clinic as of now, or None before `turnet init`; read again only after its setup changed."""
    setup_version, _ = await versions()
    held = _held.get(bound())
    if held is not None and held.version == setup_version:
        return held
    return await load()


async def load() -> Clinic | None:
    async with read_snapshot():
        setup_version, _ = await versions()
        rows = await tables.Clinic.select().where(tables.Clinic.id == 1)
        if not rows:
            return None
        loaded = _build(setup_version, rows[0], await _Rows.read())
    _held.clear()  # one database per process, except in tests
    _held[bound()] = loaded
    return loaded


class _Rows:
    """The setup's tables as dicts, in the clinic's order."""

    locations: list[dict[str, Any]]
    rooms: list[dict[str, Any]]
    practitioners: list[dict[str, Any]]
    services: list[dict[str, Any]]
    can: list[dict[str, Any]]
    hosts: list[dict[str, Any]]
    hours: list[dict[str, Any]]
    dated: list[dict[str, Any]]
    closures: list[dict[str, Any]]
    redirects: list[dict[str, Any]]

    @classmethod
    async def read(cls) -> "_Rows":
        rows = cls()
        rows.locations = await tables.Location.select().order_by(tables.Location.position, tables.Location.id)
        rows.rooms = await tables.Room.select().order_by(tables.Room.position, tables.Room.id)
        rows.practitioners = await tables.Practitioner.select().order_by(
            tables.Practitioner.position, tables.Practitioner.id
        )
        rows.services = await tables.Service.select().order_by(tables.Service.position, tables.Service.id)
        rows.can = await tables.ServicePractitioner.select()
        rows.hosts = await tables.ServiceRoom.select()
        rows.hours = await tables.Hours.select().order_by(tables.Hours.id)
        rows.dated = await tables.DatedHours.select().order_by(tables.DatedHours.id)
        rows.closures = await tables.Closure.select().order_by(tables.Closure.id)
        rows.redirects = await tables.Redirect.select()
        return rows


def _texts(stored: str) -> dict[str, str]:
    return {language: text for language, text in json.loads(stored or "{}").items() if text}


def _codes(stored: str) -> tuple[str, ...]:
    return tuple(code for code in stored.split(",") if code)


def _build(version: int, row: dict[str, Any], rows: _Rows) -> Clinic:
    locations = [_location(r) for r in rows.locations]
    rooms = [Room(r["resource"], r["id"], r["slug"], _texts(r["name"]), r["location"]) for r in rows.rooms]
    people = [_practitioner(r) for r in rows.practitioners]
    services = _services(rows)
    active = {
        "location": {r["slug"] for r in rows.locations if r["active"]},
        "room": {r["slug"] for r in rows.rooms if r["active"]},
        "practitioner": {r["slug"] for r in rows.practitioners if r["active"]},
        "service": {r["slug"] for r in rows.services if r["active"]},
    }
    everything: dict[str, list[Any]] = {
        "location": locations,
        "room": rooms,
        "practitioner": people,
        "service": services,
    }
    by_slug = {kind: {one.slug: one for one in all_ if one.slug in active[kind]} for kind, all_ in everything.items()}
    by_id = {(kind, one.id): one for kind, all_ in everything.items() for one in all_}
    return Clinic(
        version=version,
        name=_texts(row["name"]),
        strapline=_texts(row["strapline"]),
        languages=_codes(row["languages"]),
        region=row["region"],
        currency=row["currency"],
        phone=row["phone"],
        email=row["email"],
        brand=row["brand"],
        out_of_hours=_texts(row["out_of_hours"]),
        privacy=_texts(row["privacy"]),
        zone=ZoneInfo(row["zone"]),
        services=by_slug["service"],
        practitioners=by_slug["practitioner"],
        locations=by_slug["location"],
        rooms=by_slug["room"],
        setup=_setup(row, rows, by_slug),
        moved_slugs={
            (r["kind"], r["slug"]): by_id[(r["kind"], r["target"])].slug
            for r in rows.redirects
            if (r["kind"], r["target"]) in by_id
        },
        _by_id=by_id,
    )


def _location(r: dict[str, Any]) -> Location:
    texts: dict[str, Any] = {name: _texts(r[name]) for name in ("name", "address", "city", "directions", "waiting")}
    plain = {name: r[name] for name in ("phone", "email", "latitude", "longitude", "door_no")}
    return Location(r["id"], r["slug"], **texts, **plain)


def _practitioner(r: dict[str, Any]) -> Practitioner:
    texts = {name: _texts(r[name]) for name in ("name", "title", "about")}
    return Practitioner(r["resource"], r["id"], r["slug"], **texts, languages=_codes(r["languages"]))


def _services(rows: _Rows) -> list[Service]:
    resource_of = {r["id"]: r["resource"] for r in rows.practitioners if r["active"]}
    room_of = {r["id"]: r["resource"] for r in rows.rooms if r["active"]}
    can = _pairs(rows.can, "practitioner", resource_of)
    hosts = _pairs(rows.hosts, "room", room_of)
    return [
        Service(
            id=r["id"],
            slug=r["slug"],
            name=_texts(r["name"]),
            summary=_texts(r["summary"]),
            instructions=_texts(r["instructions"]),
            rules=ServiceRules(
                id=r["id"],
                # Without a room to be in, nobody can do it: no rooms would mean that it needs none.
                practitioners=tuple(can[r["id"]]) if hosts[r["id"]] or not r["needs_room"] else (),
                rooms=tuple(hosts[r["id"]]) if r["needs_room"] else (),
                practitioner_buffers=Buffers(r["practitioner_before"], r["practitioner_after"]),
                room_buffers=Buffers(r["room_before"], r["room_after"]),
                **{n: r[n] for n in ("minutes", "step", "lead", "horizon", "move_until", "cancel_until", "people")},
            ),
            price=r["price"],
            late_fee=r["late_fee"],
            urgent=r["urgent"],
            online=r["online"],
            aftercare=_texts(r["aftercare"]),
        )
        for r in rows.services
    ]


def _pairs(links: Iterable[dict[str, Any]], kind: str, resource_of: dict[int, int]) -> dict[int, list[int]]:
    """Service id → resource ids, in the order the clinic gave its people and rooms."""
    chosen: dict[int, list[int]] = defaultdict(list)
    order = {row: place for place, row in enumerate(resource_of)}
    for link in sorted(links, key=lambda link: order.get(link[kind], -1)):
        if link[kind] in resource_of:
            chosen[link["service"]].append(resource_of[link[kind]])
    return chosen


def _setup(row: dict[str, Any], rows: _Rows, by_slug: dict[str, dict[str, Any]]) -> Setup:
    resource_of = {r["id"]: r["resource"] for r in rows.practitioners}
    at_work = {r["id"] for r in rows.practitioners if r["active"]}
    dated: dict[tuple[int, date], list[Session]] = defaultdict(list)
    for r in (r for r in rows.dated if r["practitioner"] in at_work):
        sessions = dated[(resource_of[r["practitioner"]], r["day"])]
        if r["location"] is not None:
            sessions.append(Session(r["location"], r["opens"], r["closes"], r["step"]))
    return Setup(
        zone=row["zone"],
        weekly=tuple(_weekly(r, resource_of) for r in rows.hours if r["practitioner"] in at_work),
        dated={key: tuple(sessions) for key, sessions in dated.items()},
        closures=tuple(
            Closed(Span(r["starts_at"], r["ends_at"]), r["location"], r["resource"], r["id"]) for r in rows.closures
        ),
        holidays=_holidays(row["region"]) if row["holidays"] else frozenset(),
        room_locations={room.id: room.location for room in by_slug["room"].values()},
        services={service.id: service.rules for service in by_slug["service"].values()},
    )


def _weekly(r: dict[str, Any], resource_of: dict[int, int]) -> WeeklySession:
    reserved = frozenset(int(service) for service in _codes(r["reserved_for"]))
    session = Session(r["location"], r["opens"], r["closes"], r["step"], reserved, r["release"])
    return WeeklySession(resource_of[r["practitioner"]], r["weekday"], session, r["valid_from"], r["valid_until"])


def _holidays(region: str) -> frozenset[date]:
    """The country's public holidays around today's year; a country the library does not know has none."""
    if region not in public_holidays.list_supported_countries():
        return frozenset()
    return frozenset(public_holidays.country_holidays(region, years=_YEARS))
