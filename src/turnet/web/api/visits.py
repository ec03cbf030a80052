"""Holding, booking, moving, cancelling: the same acts, limits and texts as behind the pages."""

import json as plain_json

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet import ids
from turnet.booking import service as booking
from turnet.booking.idempotency import answered_once, recognised
from turnet.booking.links import visit_behind
from turnet.booking.model import Act, Booked, Visit, visit_token
from turnet.clinic.model import Clinic
from turnet.errors import Invalid
from turnet.patients.model import clean_note
from turnet.settings import Settings
from turnet.web.api.answers import HoldAnswer, booked_answer, visit_answer
from turnet.web.api.asked import PRIVATE, json, language_of, the_clinic
from turnet.web.api.bodies import Fields, body
from turnet.web.api.problems import alternatives_in
from turnet.web.api.times import written
from turnet.web.api.wishes import Wanted, read_person
from turnet.web.kit import acting
from turnet.web.kit.htmx import AnyRequest

LONGEST_KEY = 255
LATEST_VERSION = 2**31 - 1
_BLANK = "{token}"
"""Stands for the link in an answer that is kept: a stored link would be a key left in the door."""


@post("/holds")
async def hold(request: AnyRequest) -> Response[bytes]:
    clinic, fields = await the_clinic(), await body(request)
    wanted = Wanted.read(fields, clinic, fields.one_of("service", clinic.services, required=True))
    act, wish, token = _act(request), wanted.wish(), ids.random_id()
    with alternatives_in(clinic):
        held = await booking.hold(act, clinic, wish, ids.token_hash(token))
    return json(HoldAnswer(token, written(held.expires_at, clinic.zone)), status=201, headers=PRIVATE)


@post("/bookings")
async def book(request: AnyRequest) -> Response[bytes]:
    """With an `Idempotency-Key` the same request twice is one booking and the same answer."""
    clinic, fields, act = await the_clinic(), await body(request), _act(request)
    key = _key(request, fields)
    wanted = Wanted.read(fields, clinic, fields.one_of("service", clinic.services, required=True))
    if wanted.people > 1:
        fields.refuse("people", "out_of_range")  # better than booking one of two and answering 201
    language, today = language_of(request, clinic), act.now.astimezone(clinic.zone).date()
    person = read_person(fields, clinic, language=language, today=today)
    held = fields.text("hold", most=64)
    wish, owner = wanted.wish(), ids.token_hash(held) if held else ""
    if person is None:
        raise fields.refusal()

    async def made(once: str) -> Booked:
        with alternatives_in(clinic):
            return await booking.book(act, clinic, wish, person, once=once, owner=owner)

    settings: Settings = request.app.state.settings
    if not key:
        return json(_answer(clinic, settings, await made(ids.random_id())), status=201, headers=PRIVATE)
    asked = recognised("book", key, plain_json.dumps(fields.raw, sort_keys=True).encode())

    async def kept() -> str:
        return _to_keep(clinic, settings, await made(asked.once))

    clock = request.app.state.clock
    stored = await answered_once(asked, kept, status=201, real=clock.real)
    return json(_from_kept(stored, act.key), status=201, headers=PRIVATE)


@get("/bookings/{token:str}")
async def visit(request: AnyRequest, token: FromPath[str]) -> Response[bytes]:
    clinic, act = await the_clinic(), _act(request)
    return _visit_answer(clinic, await visit_behind(token, act), act)


@post("/bookings/{token:str}/move")
async def move(request: AnyRequest, token: FromPath[str]) -> Response[bytes]:
    clinic, act = await the_clinic(), _act(request)
    found, fields = await visit_behind(token, act), await body(request)
    wanted = Wanted.read(fields, clinic, clinic.service(found.service))
    version = fields.whole("version", least=1, most=LATEST_VERSION)
    wish = wanted.wish()
    with alternatives_in(clinic):
        moved = await booking.move(act, clinic, found.id, wish, version=version)
    return _visit_answer(clinic, moved, act)


@post("/bookings/{token:str}/cancel")
async def cancel(request: AnyRequest, token: FromPath[str]) -> Response[bytes]:
    clinic, act = await the_clinic(), _act(request)
    found, fields = await visit_behind(token, act), await body(request)
    reason = _reason(fields)
    version = fields.whole("version", least=1, most=LATEST_VERSION)
    fields.done()
    return _visit_answer(clinic, await booking.cancel(act, clinic, found.id, reason=reason, version=version), act)


@post("/bookings/{token:str}/undo")
async def undo(request: AnyRequest, token: FromPath[str]) -> Response[bytes]:
    clinic, act = await the_clinic(), _act(request)
    found = await visit_behind(token, act)
    await body(request)  # nothing in it matters, but rubbish is refused as everywhere
    return _visit_answer(clinic, await booking.undo_cancel(act, clinic, found.id), act)


def _act(request: AnyRequest) -> Act:
    return acting.act(request, actor="api", door="api")


def _visit_answer(clinic: Clinic, found: Visit, act: Act) -> Response[bytes]:
    return json(visit_answer(clinic, found, act.now), headers=PRIVATE)


def _reason(fields: Fields) -> str:
    try:
        return clean_note(fields.text("reason"), field="reason")
    except Invalid as invalid:
        fields.refuse("reason", invalid.fields["reason"])
        return ""


def _key(request: AnyRequest, fields: Fields) -> str:
    """The client's key, empty when it sent none: then each request is its own."""
    given = request.headers.getall("idempotency-key", [])
    if len(given) > 1:
        fields.refuse("Idempotency-Key", "repeated")
    elif given and len(given[0]) > LONGEST_KEY:
        fields.refuse("Idempotency-Key", "too_long")
    return given[0] if given else ""


def _answer(clinic: Clinic, settings: Settings, booked: Booked) -> bytes:
    return msgspec.json.encode(booked_answer(clinic, booked.visit, f"{settings.origin}/a/{booked.token}"))


def _to_keep(clinic: Clinic, settings: Settings, booked: Booked) -> str:
    """The answer without the link, after what the link is made from."""
    raw = _answer(clinic, settings, booked).decode()
    return f"{booked.visit.public_id}.{booked.visit.link_no}\n{raw.replace(booked.token, _BLANK)}"


def _from_kept(stored: str, key: bytes) -> bytes:
    made_from, _, raw = stored.partition("\n")
    public_id, _, link_no = made_from.rpartition(".")
    return raw.replace(_BLANK, visit_token(key, public_id, int(link_no))).encode()


routes: list[ControllerRouterHandler] = [hold, book, visit, move, cancel, undo]
"""Posts that answer with a visit say 200 by the status of their response."""
