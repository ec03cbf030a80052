"""A practitioner's diary as an iCalendar file that a telephone subscribes to.

Written line by line: a year of visits is some thousand events, and the same diary must give the same bytes. No treatment
stands in a title, whatever the scope: titles are what lock screens and shared calendars show.
"""

import re
from collections.abc import Iterator, Sequence

from turnet.booking.feed import FeedVisit
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.i18n import _, speaking
from turnet.messaging.addresses import sender, spoken_phone
from turnet.messaging.calendar import one_line
from turnet.settings import Settings
from turnet.staff.feeds import Reader, Scope

_ESCAPED = re.compile(r"([\\;,])")
_LINE = 75
"""Octets."""


def written(visits: Sequence[FeedVisit], reader: Reader, clinic: Clinic, settings: Settings) -> bytes:
    """Everything in the language of the feed's owner."""
    language = reader.staff.language
    with speaking(language):
        name = f"{one_line(reader.staff.name)}, {one_line(str(clinic.text(clinic.name, language)))}"
        lines = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//turnet//turnet 1.0//EN",
            "CALSCALE:GREGORIAN",
            "METHOD:PUBLISH",
            f"NAME:{_text(name)}",
            f"X-WR-CALNAME:{_text(name)}",
            f"X-WR-TIMEZONE:{clinic.zone.key}",
            "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
            "X-PUBLISHED-TTL:PT15M",
            *(line for visit in visits for line in _event(visit, reader, clinic, settings)),
            "END:VCALENDAR",
        ]
    return "".join(_folded(line) for line in lines).encode()


def _event(visit: FeedVisit, reader: Reader, clinic: Clinic, settings: Settings) -> Iterator[str]:
    organizer = one_line(str(clinic.text(clinic.name, reader.staff.language))).replace('"', "'")
    yield "BEGIN:VEVENT"
    yield f"UID:desk-{visit.public_id}@turnet"
    yield f"SEQUENCE:{visit.sequence}"
    yield f"DTSTAMP:{visit.updated_at:%Y%m%dT%H%M%SZ}"
    yield f"LAST-MODIFIED:{visit.updated_at:%Y%m%dT%H%M%SZ}"
    yield f"DTSTART:{visit.starts_at:%Y%m%dT%H%M%SZ}"
    yield f"DTEND:{visit.ends_at:%Y%m%dT%H%M%SZ}"
    yield f"SUMMARY:{_text(_title(visit, reader.scope))}"
    if reader.scope is not Scope.BUSY:
        yield f"LOCATION:{_text(_place(visit, clinic, reader.staff.language))}"
    if reader.scope is Scope.FULL:
        yield f"DESCRIPTION:{_text(_facts(visit, clinic, reader.staff.language))}"
        yield f"URL:{settings.origin}/desk/visits/{visit.public_id}"
    yield f'ORGANIZER;CN="{organizer}":mailto:{sender(settings)}'
    yield f"STATUS:{'CANCELLED' if visit.state is State.CANCELLED else 'CONFIRMED'}"
    yield f"TRANSP:{'TRANSPARENT' if visit.state is State.CANCELLED else 'OPAQUE'}"
    yield "CLASS:PRIVATE"
    yield "END:VEVENT"


def _title(visit: FeedVisit, scope: Scope) -> str:
    name = one_line(visit.patient_name)
    if scope is Scope.FULL:
        return name
    return initials(name) if scope is Scope.INITIALS else _("Busy")


def initials(name: str) -> str:
    """`A. V.` for `Anna Virtanen`: the first two names and no more."""
    return " ".join(f"{part[0]}." for part in name.split()[:2])


def _place(visit: FeedVisit, clinic: Clinic, language: str) -> str:
    texts = [clinic.location(visit.location).name, *([clinic.room(visit.room).name] if visit.room else [])]
    return ", ".join(one_line(str(clinic.text(each, language))) for each in texts)


def _facts(visit: FeedVisit, clinic: Clinic, language: str) -> str:
    lines = [
        one_line(str(clinic.text(clinic.service(visit.service).name, language))),
        _("Reference: %(reference)s") % {"reference": visit.reference},
    ]
    if visit.phone:
        lines.append(_("Telephone: %(number)s") % {"number": f"\u200e{spoken_phone(visit.phone)}"})
    return "\n".join(lines)


def _text(value: str) -> str:
    return _ESCAPED.sub(r"\\\1", value).replace("\n", "\\n")


def _folded(line: str) -> str:
    """At most 75 octets a line, never within a letter."""
    if len(line) <= _LINE // 4 or len(line.encode()) <= _LINE:
        return line + "\r\n"
    parts, room, begin = [], _LINE, 0
    for place, letter in enumerate(line):
        room -= len(letter.encode())
        if room < 0:
            parts.append(line[begin:place])
            begin, room = place, _LINE - 1 - len(letter.encode())
    return "\r\n ".join([*parts, line[begin:]]) + "\r\n"
