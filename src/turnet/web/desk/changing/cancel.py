"""Cancelling for somebody: who wanted it, why, whether it comes late, and what the patient will read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.booking import service as acts
from turnet.booking.states import State
from turnet.clock import instant, minute
from turnet.errors import Invalid, NotAllowed, Stale
from turnet.i18n import _
from turnet.patients.model import clean_note
from turnet.scheduling.policy import may_cancel
from turnet.web.desk.both import Difference, differences, seen
from turnet.web.desk.changing.telling import Telling, telling
from turnet.web.desk.picked import Picked, after, picked, way_back
from turnet.web.desk.seat import DeskFrame, desk_act, seated
from turnet.web.kit import forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page
from turnet.web.public import asked

FIELDS = ("by", "reason", "tell", "version", "seen", "back")


@dataclass(frozen=True, slots=True)
class CancelPage:
    frame: DeskFrame
    mine: Picked
    form: Form
    late_since: datetime | None
    """The last moment at which the patient could have done it, once that is over."""
    reasons: Sequence[str]
    """Common ones, to be taken with one tap."""
    telling: Telling
    back: str
    version: int
    seen: str
    trouble: str = ""
    changed: Sequence[Difference] = ()


@get("/desk/visits/{public_id:str}/cancel", act="visit.cancel", include_in_schema=False)
async def ask(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    mine = await picked(await seated(request), public_id, "visit.cancel")
    return await _page(request, mine, Form({"by": "patient", "tell": "1", **asked.once(request)}))


@post("/desk/visits/{public_id:str}/cancel", act="visit.cancel", include_in_schema=False)
async def cancel(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    seat = await seated(request)
    mine = await picked(seat, public_id, "visit.cancel")
    form = await forms.read(request, FIELDS, anchors={"by": "by-patient"})
    raw = form.raw
    errors, reason = _read(raw)
    if errors:
        return await _page(request, mine, form.with_errors(errors, ("by", "reason")), status=422)
    by: Literal["patient", "clinic"] = "clinic" if raw["by"] == "clinic" else "patient"
    try:
        cancelled = await acts.cancel(
            desk_act(request, seat), seat.clinic, mine.visit.id, reason=reason, version=form.version, by=by,
            tell=raw.get("tell") == "1",
        )  # fmt: skip
    except (Stale, NotAllowed) as error:
        now = await picked(seat, public_id, "visit.cancel")
        return await _page(request, now, form, status=error.status, trouble=error.code, changed=differences(raw, now))
    return done(request, after(way_back(raw), cancelled))


def _read(raw: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """(sentences by field, the reason)."""
    errors = {} if raw.get("by") in ("patient", "clinic") else {"by": _("Choose who wanted it.")}
    try:
        return errors, clean_note(raw.get("reason", ""), field="reason")
    except Invalid as error:
        return errors | {"reason": forms.sentence("note", error.fields["reason"])}, ""


async def _page(
    request: AnyRequest,
    mine: Picked,
    form: Form,
    *,
    status: int = 200,
    trouble: str = "",
    changed: Sequence[Difference] = (),
) -> Page:
    seat, visit = mine.seat, mine.visit
    verdict = may_cancel(mine.service.rules, minute(visit.starts_at), minute(seat.now))
    page = CancelPage(
        frame=seat.frame(),
        mine=mine,
        form=form,
        late_since=None if verdict.allowed else seat.local(instant(verdict.until)),
        reasons=(_("Ill"), _("Cannot come then"), _("Found a time elsewhere"), _("Practitioner away")),
        telling=await telling(
            request, mine, "booking_cancelled", replace(visit, state=State.CANCELLED), on=form.raw.get("tell") == "1"
        ),
        back=way_back(form.raw),
        version=visit.version,
        seen=seen(mine),
        trouble=trouble or ("" if visit.coming else "not_allowed"),
        changed=changed,
    )
    return Page("desk/move/cancel.html", page, block="cancel", status=status)


routes: list[ControllerRouterHandler] = [ask, cancel]
