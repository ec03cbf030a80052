"""Somebody stands at the desk: one tap opens this page, the next one says who takes them. A name may wait."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from turnet.booking import queries
from turnet.booking import service as acts
from turnet.booking.model import Visit
from turnet.booking.states import State
from turnet.clinic.model import Practitioner, Service
from turnet.clock import instant, minute
from turnet.errors import Invalid, KeyReused, NotOffered, SlotTaken, Unavailable
from turnet.i18n import _
from turnet.ids import random_id
from turnet.patients.callers import Caller
from turnet.patients.model import Found
from turnet.scheduling.by_hand import places_by_hand
from turnet.scheduling.hours import sessions
from turnet.scheduling.rules import Busy
from turnet.scheduling.slots import window
from turnet.web.desk.booking.asked_for import Asked, typed_person
from turnet.web.desk.booking.booking_in import finished, key_of, owner, sentence, trouble
from turnet.web.desk.booking.comers import ORDER, person_of
from turnet.web.desk.booking.wanted import FIELDS, Time, services_here, time_of, wish_of
from turnet.web.desk.cards.callers import caller_of, found, recognised
from turnet.web.desk.picked import way_back
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, desk_act, seated
from turnet.web.kit import forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Page
from turnet.web.public.asked import once

STEP = 5
"""Minutes between the starts that are looked at after this very minute."""


@dataclass(frozen=True, slots=True)
class Taker:
    """Somebody who could see them today, from when."""

    code: str
    who: Practitioner
    at: datetime
    minutes: int
    """Until then; 0: now."""


@dataclass(frozen=True, slots=True)
class WalkInPage:
    frame: DeskFrame
    said: Said | None
    form: Form
    once: str
    back: str
    services: tuple[Service, ...]
    service: Service | None
    takers: tuple[Taker, ...]
    caller: Caller | None
    matches: tuple[Found, ...]
    language: str
    lost: bool
    trouble: str


@get("/desk/walk-in", act="visit.book", include_in_schema=False)
async def walk_in(request: AnyRequest) -> Page:
    """`?service=&patient=`; the most urgent service first."""
    seat = await seated(request)
    query = once(request)
    form = Form({name: query[name] for name in ("service", "patient", "back") if query.get(name)})
    return await _page(await _asked(seat, form))


@post("/desk/walk-in", act="visit.book", include_in_schema=False)
async def take_in(request: AnyRequest) -> Response[Any]:
    """Books the time on the pressed button and marks the person as arrived; without one, looks again."""
    seat = await seated(request)
    form = await forms.read(request, FIELDS)
    asked = await _asked(seat, form)
    time = time_of(seat, form.raw.get("time", ""))
    if time is None or form.raw.get("choose") or form.raw.get("other"):
        return await _page(asked)
    try:
        return await finished(request, asked, [await _taken_in(request, replace(asked, time=time))])
    except (SlotTaken, NotOffered) as error:
        return await _page(asked, lost=True, status=error.status)
    except Invalid as error:
        wrong = {name: sentence(name, code) for name, code in error.fields.items()}
        return await _page(replace(asked, form=asked.form.with_errors(wrong, ORDER)), status=error.status)
    except (KeyReused, Unavailable) as error:
        return await _page(asked, trouble=trouble(error), status=error.status)


routes: list[ControllerRouterHandler] = [walk_in, take_in]


async def _asked(seat: Seat, form: Form) -> Asked:
    raw = dict(form.raw)
    patient = "" if raw.pop("other", "") else raw.pop("choose", "") or raw.get("patient", "")
    caller = await caller_of(seat, patient)
    raw |= {"patient": patient} | typed_person(raw, caller)
    here = sorted(services_here(seat), key=lambda service: not service.urgent)
    service = next((one for one in here if one.slug == raw.get("service")), next(iter(here), None))
    matches = () if caller else tuple(await found(seat, raw.get("q", "")))
    return Asked(seat, replace(form, raw=raw), (service,) if service else (), None, None, [], caller, matches, [])


async def _taken_in(request: AnyRequest, asked: Asked) -> Visit:
    """Raises Invalid, SlotTaken, NotOffered, KeyReused, Unavailable."""
    assert asked.time is not None
    seat, act = asked.seat, desk_act(request, asked.seat, door="walk_in")
    person = await recognised(seat, person_of(_named(asked)))
    booked = await acts.book(
        act, seat.clinic, wish_of(asked.services, asked.time), person, once=key_of(asked),
        owner=owner(seat), tell=False,
    )  # fmt: skip
    visit = booked.visit
    if visit.state in (State.BOOKED, State.CONFIRMED):
        visit = await acts.mark(act, seat.clinic, visit.id, State.ARRIVED)
    return visit


def _named(asked: Asked) -> Asked:
    """Whoever has not said their name yet is called by the time they came."""
    if asked.name:
        return asked
    at = asked.seat.local(asked.seat.now)
    name = _("Walk-in %(time)s") % {"time": f"{at.hour}.{at.minute:02}"}
    return replace(asked, form=replace(asked.form, raw={**asked.form.raw, "name": name}))


# --- the page


async def _page(asked: Asked, *, lost: bool = False, trouble: str = "", status: int = 200) -> Page:
    raw = asked.form.raw
    page = WalkInPage(
        frame=asked.seat.frame("new"),
        said=None,
        form=asked.form,
        once=raw.get("once", "") or random_id(),
        back=way_back(raw),
        services=tuple(services_here(asked.seat)),
        service=asked.services[0] if asked.services else None,
        takers=tuple([_taker(asked.seat, time) for time in await _soonest(asked)]),
        caller=asked.caller,
        matches=asked.matches,
        language=asked.language,
        lost=lost,
        trouble=trouble,
    )
    return Page("desk/new/walk_in.html", page, block="new", status=status, headers={"Cache-Control": "no-store"})


def _taker(seat: Seat, time: Time) -> Taker:
    return Taker(time.code, time.practitioner, seat.local(instant(time.start)), time.start - minute(seat.now))


async def _soonest(asked: Asked) -> list[Time]:
    """For each practitioner the first time today at which they and a room are free; who is free first comes first."""
    if not asked.services:
        return []
    seat, service = asked.seat, asked.services[0]
    span = window(seat.clinic.setup, service.id, seat.today, seat.today)
    busy = await queries.busy(seat.clinic, span, now=seat.now, owner=owner(seat))
    able = [one for one in service.rules.practitioners if seat.may("visit.book", one)]
    soonest = [next(_free(seat, service, one, busy), None) for one in able]
    return sorted((time for time in soonest if time), key=lambda time: time.start)


def _free(seat: Seat, service: Service, practitioner: int, busy: Busy) -> Iterator[Time]:
    clinic, now = seat.clinic, minute(seat.now)
    for session, span in sessions(clinic.setup, practitioner, seat.today):
        first = max(now, span.start)
        starts = [first, *range(first - first % STEP + STEP, span.end - service.rules.minutes + 1, STEP)]
        for start in starts:
            where = session.location
            if places_by_hand(clinic.setup, service.id, start, where, busy, practitioner=practitioner):
                yield Time(start, clinic.location(where), clinic.practitioner(practitioner))
