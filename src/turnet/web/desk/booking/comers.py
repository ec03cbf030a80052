"""Who comes, out of a form at the desk. Contact points are asked for but not demanded: a person may have none."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from turnet.booking.model import Person
from turnet.errors import Invalid
from turnet.patients.model import FIRST_BIRTH_YEAR, clean_email, clean_name, clean_note, clean_phone
from turnet.web.desk.booking.asked_for import Asked
from turnet.web.desk.booking.wanted import ALSO

ORDER = ("name", "phone", "email", "birth_year", *ALSO, "service", "time", "note", "desk_note", "reason")
"""The fields as they stand on the page."""


def person_of(asked: Asked) -> Person:
    """The caller, known or new. Raises one Invalid with every field that is wrong."""
    raw, wrong = asked.form.raw, dict[str, str]()

    def read(name: str, clean: Callable[[str], str]) -> str:
        try:
            return clean(raw.get(name, ""))
        except Invalid as invalid:
            wrong.update(invalid.fields)
            return ""

    region = asked.seat.clinic.region
    name = asked.caller.name if asked.caller else read("name", clean_name)
    phone = read("phone", lambda text: clean_phone(text, region) if text.strip() else "")
    email = read("email", lambda text: clean_email(text) if text.strip() else "")
    note = read("note", clean_note)
    read("desk_note", lambda text: clean_note(text, field="desk_note"))
    year = read("birth_year", lambda text: birth_year(text, asked.seat.today))
    if wrong:
        raise Invalid(wrong)
    return Person(
        name=name, phone=phone, phone_raw=raw.get("phone", "").strip(), email=email,
        email_raw=raw.get("email", "").strip(), language=asked.language, birth_year=int(year) if year else None,
        note=note, patient=asked.caller.id if asked.caller else None,
    )  # fmt: skip


def people_of(asked: Asked) -> list[Person]:
    """The caller first; whoever comes too is reached through the caller. Raises Invalid."""
    found = [person_of(asked)]
    for place, typed in enumerate(asked.names):
        try:
            name = clean_name(typed)
        except Invalid as invalid:
            raise Invalid({ALSO[place]: invalid.fields["name"]}) from invalid
        found.append(replace(found[0], name=name, birth_year=None, note="", patient=None))
    return found


def birth_year(text: str, today: date) -> str:
    """Of a person of any age; empty is an answer too. Raises Invalid."""
    year = text.strip()
    if year and not (year.isascii() and year.isdecimal() and FIRST_BIRTH_YEAR <= int(year) <= today.year):
        raise Invalid({"birth_year": "out_of_range"})
    return year
