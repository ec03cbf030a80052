"""What a browser would send of a page of the desk, and whom the pages are about."""

from collections.abc import Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import httpx

from turnet.booking import queries
from turnet.booking.model import Visit
from turnet.db.transactions import fetch
from turnet.patients.tables import ContactPoint, Patient, PatientContact


class _Reader(HTMLParser):
    """Hidden fields and texts as they are, what is checked, what is selected; of the one form that `id="visit"` is."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.select = self.area = ""
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        one = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = one.get("id") == "visit"
        name = one.get("name", "") if self.inside else ""
        if tag == "input" and name and (one.get("type") not in ("radio", "checkbox") or "checked" in one):
            self.found[name] = one.get("value", "")
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in one or self.select not in self.found):
            self.found[self.select] = one.get("value", "")
        elif tag == "textarea" and name:
            self.area, self.found[name] = name, ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.found[self.area] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.area = ""


def fields(page: httpx.Response, **typed: str) -> dict[str, str]:
    """The page's form as a browser sends it, with what somebody typed over it."""
    reader = _Reader()
    reader.feed(page.text)
    return reader.found | typed


async def aino(name: str = "Aino Mäkinen", phone: str = "+358400000123", **more: Any) -> Patient:
    """Somebody known, with a number and an address."""
    row = {"public_id": name.split(maxsplit=1)[0].ljust(22, "_"), "name": name, "language": "fi", "provisional": False}
    patient = Patient(**row | {"birth_year": 1985, "created_at": datetime(2026, 1, 1, tzinfo=UTC)} | more)
    await patient.save()
    for kind, value in (("phone", phone), ("email", f"{name.split(maxsplit=1)[0].lower()}@example.com")):
        point = await ContactPoint.objects().get(ContactPoint.value == value)
        if point is None:
            point = ContactPoint(kind=kind, value=value, raw=value)
            await point.save()
        await PatientContact(patient=patient.id, contact_point=point.id).save()
    return patient


async def visits() -> list[Visit]:
    return await queries.visits_by_id([id for (id,) in await fetch("SELECT id FROM booking ORDER BY id")])


async def messages() -> list[tuple[Any, ...]]:
    return await fetch("SELECT kind, channel, recipient, language FROM message ORDER BY created_at, recipient")


async def holds() -> list[Mapping[str, Any]]:
    rows = await fetch("SELECT kind, owner, staff, expires_at FROM claim WHERE kind = 'hold'")
    return [dict(zip(("kind", "owner", "staff", "expires_at"), row, strict=True)) for row in rows]
