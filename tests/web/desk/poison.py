"""Every text that somebody can write, replaced by one that would like to be more than text."""

import json

from turnet.clinic.service import change
from turnet.db.transactions import fetch

POISON = "\"'><img src=x onerror=alert(7)>{{7*7}}%(who)s"
"""Leaves an attribute, starts an element, is a template and a place of a sentence."""

_PLAIN = {
    "patient": ("name", "desk_note"),
    "booking": ("note", "desk_note", "desk_note_was", "cancel_reason"),
    "staff_user": ("name",),
    "staff_session": ("agent",),
    "calendar_feed": ("label",),
    "feedback": ("comment",),
}
_TEXTS = {
    "clinic": ("name", "strapline", "out_of_hours", "privacy"),
    "practitioner": ("name", "title"),
    "service": ("name", "summary", "instructions"),
    "location": ("name", "address", "city", "directions"),
    "room": ("name",),
    "closure": ("reason",),
}
"""Texts of the clinic, by language."""


async def poisoned() -> None:
    """In place of whatever is written in the database now."""
    async with change():
        for tables, text in ((_PLAIN, POISON), (_TEXTS, json.dumps({"en": POISON, "he": POISON}))):
            for table, columns in tables.items():
                for column in columns:
                    await fetch(f"UPDATE {table} SET {column} = {{}}", text)
        await fetch("UPDATE staff_user SET initials = {}", POISON[:4])
        await fetch(
            "UPDATE parked_form SET fields = {}", json.dumps({"name": POISON, "q": POISON, "desk_note": POISON})
        )
