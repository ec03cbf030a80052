"""Visits to act on, and forms sent back as the page wrote them."""

import re
from html import unescape
from typing import Any

import httpx

from tests.db.booking.acts import ANNA, a_wish, an_act
from tests.web.conftest import Client
from turnet.booking import service as acts
from turnet.booking.model import Person, Visit
from turnet.booking.queries import visit_by_id
from turnet.clinic.model import Clinic
from turnet.clinic.queries import clinic as current

_once = iter(range(1_000_000))


async def a_visit(
    clinic: Clinic, clock: Any, start: str, *, by: str = "sanna", who: Person = ANNA, **more: Any
) -> Visit:
    """Booked on the web for Anna, with Sanna unless said otherwise."""
    wish = a_wish(clinic, start, more.pop("service", "check-up"), by=by)
    booked = await acts.book(an_act(clock), clinic, wish, who, once=f"test-{next(_once)}", **more)
    return booked.visit


async def now_of(visit: Visit) -> Visit:
    return await visit_by_id(visit.id)


async def clinic_now() -> Clinic:
    found = await current()
    assert found is not None
    return found


def form_of(page: httpx.Response, action: str) -> dict[str, str]:
    """What a browser would send of the form with that action, as the page filled it in."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page.text, re.DOTALL)
    assert found, f"no form for {action}"
    typed: dict[str, str] = {}
    for field in re.findall(r"<input[^>]*>", found[1]):
        name, kind = _attribute(field, "name"), _attribute(field, "type")
        if name and (kind not in ("radio", "checkbox") or " checked" in field):
            typed.setdefault(name, _attribute(field, "value"))
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', found[1], re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"[^>]* selected', options) or re.search(
            r'<option value="([^"]*)"', options
        )
        if chosen:
            typed.setdefault(name, unescape(chosen[1]))
    return typed


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


def words(page: httpx.Response) -> str:
    """What stands on the page, on one line."""
    text = re.sub(r"</?(bdi|b|time|span|svg|use|a|br)\b[^>]*>", "", page.text)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def slots(page: httpx.Response) -> list[str]:
    """Links of the free times."""
    return [unescape(link) for link in re.findall(r'<a class="slot" href="([^"]*)"', page.text)]


async def send(desk: Client, url: str, form: dict[str, str], *, partial: bool) -> httpx.Response:
    return await desk.post(url, data=form, partial=partial)


def went_to(answer: httpx.Response) -> str:
    """Where an act leads afterwards, plain or as htmx hears it."""
    assert answer.status_code in (204, 303), answer.text[:600]
    return answer.headers.get("hx-redirect") or answer.headers["location"]
