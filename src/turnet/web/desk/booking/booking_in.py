"""The acts behind the form of a new visit, and what is said when one is refused. Nothing typed is ever lost."""

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from litestar import Response

from turnet import ids
from turnet.booking import queries
from turnet.booking import service as acts
from turnet.booking.model import Act, Hold, Visit, Wish
from turnet.clock import instant
from turnet.errors import Invalid, KeyReused, NotOffered, SlotTaken, TurnetError, Unavailable
from turnet.i18n import _
from turnet.staff.service import parking
from turnet.web.desk.booking.asked_for import Asked, asked_for, time_of_slot
from turnet.web.desk.booking.comers import ORDER, people_of, person_of
from turnet.web.desk.booking.new_page import Outcome, page_of
from turnet.web.desk.booking.wanted import ALSO, wish_of
from turnet.web.desk.cards.callers import recognised
from turnet.web.desk.picked import after, way_back
from turnet.web.desk.seat import Seat, desk_act
from turnet.web.kit import forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page

log = logging.getLogger("turnet.web")
_ONCE = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


def owner(seat: Seat) -> str:
    """Whose hold it is: this login's."""
    return f"desk:{seat.session.public_id}"


def key_of(asked: Asked) -> str:
    sent = asked.form.raw.get("once", "")
    return sent if _ONCE.fullmatch(sent) else ids.random_id()


async def keep(request: AnyRequest, asked: Asked) -> Hold | None:
    """Keeps the chosen time for the caller. Raises SlotTaken, NotOffered."""
    if asked.time is None or not asked.services:
        return None
    seat = asked.seat
    return await acts.hold(desk_act(request, seat), seat.clinic, asked.wish(), owner(seat))


async def book(request: AnyRequest, asked: Asked) -> list[Visit]:
    """One visit, or those of people who come together: all or none. Raises Invalid, SlotTaken, NotOffered, KeyReused."""
    seat, act, key = asked.seat, desk_act(request, asked.seat), key_of(asked)
    people = [await recognised(seat, person) for person in people_of(asked)]
    if asked.time is None:
        raise NotOffered
    note = asked.form.raw.get("desk_note", "")
    if len(people) == 1:
        one = await acts.book(
            act, seat.clinic, asked.wish(), people[0], once=key, owner=owner(seat), tell=asked.tell, desk_note=note
        )
        return [one.visit]
    party = list(zip(await _seats(act, asked, key), people, strict=True))
    made = await acts.book_party(act, seat.clinic, party, once=key, owner=owner(seat), tell=asked.tell, desk_note=note)
    return [one.visit for one in made]


async def _seats(act: Act, asked: Asked, key: str) -> list[Wish]:
    """A wish for each of the people as the hold seats them; of a form that came before, as it was booked."""
    service, clinic = asked.services[0].id, asked.seat.clinic
    if before := await queries.visits_of_form(key):
        return [Wish(service, asked.wish().start, one.location, one.practitioner) for one in before]
    held = await acts.hold(act, clinic, asked.wish(), owner(asked.seat))
    return [Wish(service, one.start, held.location, one.practitioner, room=one.room) for one in held.seats]


async def book_beside(request: AnyRequest, asked: Asked) -> Visit:
    """On purpose where somebody else is already; says why. Raises Invalid, NotOffered, NotYours."""
    raw, seat = asked.form.raw, asked.seat
    person = await recognised(seat, person_of(asked))
    if asked.time is None:
        raise NotOffered
    booked = await acts.book(
        desk_act(request, seat), seat.clinic, wish_of(asked.services, asked.time, over=True), person,
        once=key_of(asked), owner=owner(seat), tell=asked.tell, desk_note=raw.get("desk_note", ""),
        reason=raw.get("reason", ""),
    )  # fmt: skip
    return booked.visit


async def finished(request: AnyRequest, asked: Asked, visits: Sequence[Visit]) -> Response[Any]:
    """To the page it came from, which says what was done and how to take it back."""
    if laid := asked.form.raw.get("parked", ""):
        await parking.drop(asked.seat.staff, laid)
    return done(request, after(way_back(asked.form.raw), visits[0]))


# --- the page, with what came of the press


async def shown(
    request: AnyRequest, asked: Asked, outcome: Outcome | None = None, *, status: int = 200, block: str = "new"
) -> Page:
    page = await page_of(asked, request.app.state.settings, outcome or Outcome())
    headers = {"Cache-Control": "no-store"}
    if block == "keep" and (page.lost or page.trouble):
        block, headers["HX-Retarget"] = "new", "#new"
    return Page("desk/new/new.html", page, block=block, status=status, headers=headers)


async def shown_held(request: AnyRequest, asked: Asked, *, block: str = "new") -> Page:
    """The page with the chosen time kept; if somebody has it, with what is near it instead."""
    try:
        return await shown(request, asked, Outcome(held=await keep(request, asked)), block=block)
    except (SlotTaken, NotOffered, Unavailable) as error:
        return await refused(request, asked, error, block=block)


async def refused(request: AnyRequest, asked: Asked, error: TurnetError, *, block: str = "new") -> Page:
    """What went wrong and what to do about it. Raises again what is not about the form, such as NotYours."""
    seat = asked.seat
    if isinstance(error, Invalid):
        wrong = {name: sentence(name, code) for name, code in error.fields.items()}
        held = await queries.current_hold(owner(seat), seat.now)
        over = asked.time if "reason" in wrong else None
        asked = replace(asked, form=asked.form.with_errors(wrong, ORDER))
        return await shown(request, asked, Outcome(held=held, lost=over), status=error.status)
    if isinstance(error, SlotTaken | NotOffered):
        again = await asked_for(seat, _near(asked), owner=owner(seat))
        near = [time_of_slot(asked, slot) for slot in error.facts.get("alternatives", ())]
        again = replace(again, time=None, fits=[*near, *again.fits])
        return await shown(request, again, Outcome(lost=asked.time), status=error.status, block=block)
    if isinstance(error, KeyReused | Unavailable):
        return await shown(request, asked, Outcome(trouble=trouble(error)), status=error.status, block=block)
    raise error


def _near(asked: Asked) -> Form:
    """The form looking again, from the day of the time that was lost."""
    raw = dict(asked.form.raw) | {"time": "", "stood": "", "fixed": ""}
    if asked.time is not None:
        raw["from"] = str(asked.seat.local(instant(asked.time.start)).date())
    return replace(asked.form, raw=raw)


def trouble(error: TurnetError) -> str:
    if isinstance(error, Unavailable):
        log.error("nothing can be saved", exc_info=error)
        return _("We cannot save anything just now. Nothing you wrote is lost: try again in a minute.")
    return _("This form booked another visit already. Open a new one.")


def sentence(name: str, code: str) -> str:
    """What to do about a field, in words for staff where those for patients would not fit."""
    if name in ALSO:
        return _("Write the name with letters, as it is spoken.")
    if name == "reason":
        return _("Say why it is booked beside another visit; it stays with the visit.")
    if name == "desk_note":
        return forms.sentence("note", code)
    if name == "birth_year":
        return _("Write the year of birth in four digits, such as 1985.")
    return forms.sentence(name, code)
