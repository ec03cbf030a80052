"""What an SMS costs, how much a month may cost, and to which countries they go."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import phonenumbers
from babel import Locale
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from turnet.conversation.service import missed_call
from turnet.format import money
from turnet.i18n import _, current
from turnet.messaging import texting
from turnet.messaging.limits import ALARM
from turnet.messaging.texting import THOUSANDTHS, Policy, month_of, policy, spent
from turnet.reports import words
from turnet.reports.service import decide
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, desk_act, seated
from turnet.web.desk.worth.amounts import amount, sign, typed_amount
from turnet.web.kit import forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page
from turnet.web.public import asked

FIELDS = ("price", "budget", "countries")
_EXAMPLE = {"price": 8 * THOUSANDTHS, "budget": 5000}
"""In the field's own unit."""


@dataclass(frozen=True, slots=True)
class TextingPage:
    frame: DeskFrame
    form: Form
    used: str
    """What this month has cost so far."""
    share: int | None
    """Of the budget, in whole per cent; None without one."""
    alarming: bool
    empty: bool
    """The budget is spent: only what is reserved leaves."""
    sign: str
    example: str
    """Of a price."""
    own: str
    """The clinic's own country, to which SMS go when none is named."""
    exchange: str
    """Where a telephone exchange reports missed calls to."""
    said: Said | None = None


@get("/admin/texting", act="texting.manage", include_in_schema=False)
async def see(request: AnyRequest) -> Response[Any]:
    seat, query = await seated(request), asked.once(request)
    decided = await policy()
    return await _page(request, seat, Form(_typed(seat, decided)), saved=query.get("saved") == "1")


@post("/admin/texting", act="texting.manage", include_in_schema=False)
async def save(request: AnyRequest) -> Response[Any]:
    seat = await seated(request)
    form = await forms.read(request, FIELDS)
    wrong: dict[str, str] = {}
    price = _amount(seat, form, "price", wrong, finer=THOUSANDTHS)
    budget = _amount(seat, form, "budget", wrong)
    wanted = Policy(price, budget, _countries(form.raw.get("countries", "")))
    if wrong := texting.wrong(wanted) | wrong:
        said = {name: _sentence(seat, name, code) for name, code in wrong.items()}
        return await _page(request, seat, form.with_errors(said, FIELDS), status=422)
    await decide(desk_act(request, seat), wanted)
    return done(request, "/admin/texting?saved=1")


def _amount(seat: Seat, form: Form, name: str, wrong: dict[str, str], *, finer: int = 1) -> int | None:
    try:
        return typed_amount(form.raw.get(name, ""), seat.clinic.currency, finer=finer)
    except ValueError:
        wrong[name] = "no_number"
        return None


def _countries(text: str) -> tuple[str, ...]:
    """`FI, SE` or names of countries in the page's language, in the order typed."""
    names = {name.casefold(): code for code, name in Locale.parse(current().locale).territories.items()}
    words = [word.strip() for word in re.split(r"[,;\n]", text) if word.strip()]
    return tuple(dict.fromkeys(names.get(word.casefold(), word.upper())[:20] for word in words))


def _sentence(seat: Seat, name: str, code: str) -> str:
    """Of each field its own: two wrong ones are two things to put right."""
    if name == "countries":
        return _("Write countries by their two letters, such as FI, SE, with commas between them.")
    example = _example(seat, name)
    if code == "out_of_range":
        return _("That is more than can be. An amount is for example %(example)s.") % {"example": example}
    return _("Write an amount such as %(example)s, or leave it empty.") % {"example": example}


def _example(seat: Seat, name: str) -> str:
    return (words.price if name == "price" else money)(_EXAMPLE[name], seat.clinic.currency)


def _typed(seat: Seat, decided: Policy) -> dict[str, str]:
    currency = seat.clinic.currency
    return {
        "price": "" if decided.price is None else amount(decided.price, currency, finer=THOUSANDTHS),
        "budget": "" if decided.budget is None else amount(decided.budget, currency),
        "countries": ", ".join(decided.countries),
    }


async def _page(
    request: AnyRequest, seat: Seat, form: Form, *, status: int = 200, saved: bool = False
) -> Response[Any]:
    decided, clinic = await policy(), seat.clinic
    used = await spent(*month_of(seat.now, clinic.zone))
    share = used * 100 // (decided.budget * THOUSANDTHS) if decided.budget else None
    page = TextingPage(
        frame=seat.frame("more"),
        form=form,
        used=money(round(used / THOUSANDTHS), clinic.currency),
        share=share,
        alarming=share is not None and share >= ALARM,
        empty=decided.budget is not None and used >= decided.budget * THOUSANDTHS,
        sign=sign(clinic.currency),
        example=_example(seat, "price"),
        own=f"{clinic.region}, +{phonenumbers.country_code_for_region(clinic.region)}",
        exchange=missed_call.address(request.app.state.settings, request.app.state.key),
        said=Said(_("It counts from the next SMS on.")) if saved else None,
    )
    return Page("admin/worth/texting.html", page, block="body", status=status, headers={"Cache-Control": "no-store"})


routes: Sequence[ControllerRouterHandler] = [see, save]
