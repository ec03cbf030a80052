"""The coming week on paper: for the desk when the server is down."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from turnet import i18n
from turnet.backup.files import whole
from turnet.clinic.model import Clinic, Texts
from turnet.clinic.queries import load
from turnet.clock import instant, minute
from turnet.db.transactions import fetch
from turnet.format import clock_time, day_long, day_short
from turnet.messaging.addresses import spoken_phone
from turnet.paths import TEMPLATES
from turnet.scheduling.hours import day_span, local_day

NAME = "week.html"
DAYS = 7

_VISITS = """
    SELECT b.starts_at, p.resource, t.name, b.phone, b.email, b.service, r.resource, b.location, b.reference
    FROM booking b JOIN patient t ON t.id = b.patient JOIN practitioner p ON p.id = b.practitioner
        LEFT JOIN room r ON r.id = b.room
    WHERE b.starts_at >= {} AND b.starts_at < {} AND b.state NOT IN ('cancelled', 'no_show')
    ORDER BY p.position, p.id, b.starts_at, b.id
"""


class Line(NamedTuple):
    """One visit in the clinic's words."""

    time: str
    name: str
    contact: str
    service: str
    room: str
    location: str
    reference: str


class Sheet(NamedTuple):
    """One day of one practitioner."""

    practitioner: str
    lines: list[Line]


async def write(file: Path, now: datetime) -> None:
    """The engine is bound and there is a clinic."""
    clinic = await load()
    assert clinic is not None
    page = await shown(clinic, now)
    with whole(file) as out:
        out.write(page.encode())


async def shown(clinic: Clinic, now: datetime) -> str:
    """The seven days from today on, in the clinic's language and time."""
    today = local_day(clinic.setup.zone, minute(now))
    days = [today + timedelta(days=n) for n in range(DAYS)]
    first, last = day_span(clinic.setup.zone, days[0]), day_span(clinic.setup.zone, days[-1])
    rows = await fetch(_VISITS, instant(first.start), instant(last.end))
    with i18n.speaking(clinic.default_language):
        lines: dict[date, dict[str, list[Line]]] = defaultdict(lambda: defaultdict(list))
        for starts_at, practitioner, *rest in rows:
            local = starts_at.astimezone(clinic.zone)
            lines[local.date()][_said(clinic, clinic.practitioner(practitioner).name)].append(
                _line(clinic, local, rest)
            )
        return (
            _environment()
            .get_template(NAME)
            .render(
                clinic=_said(clinic, clinic.name),
                language=i18n.current(),
                days=[(day_long(day), [Sheet(*each) for each in lines[day].items()]) for day in days],
                as_of=now.astimezone(clinic.zone),
                places=len(clinic.locations) > 1,
            )
        )


def _line(clinic: Clinic, local: datetime, cells: list[Any]) -> Line:
    name, phone, email, service, room, location, reference = cells
    return Line(
        clock_time(local),
        name,
        spoken_phone(phone) if phone else email,
        _said(clinic, clinic.service(service).name),
        _said(clinic, clinic.room(room).name) if room is not None else "",
        _said(clinic, clinic.location(location).name),
        reference,
    )


def _said(clinic: Clinic, texts: Texts) -> str:
    return str(clinic.text(texts, clinic.default_language))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "backup"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        i18n._, i18n.ngettext, newstyle=True, pgettext=i18n.pgettext, npgettext=i18n.npgettext
    )
    environment.filters |= {"clock": clock_time, "day_short": day_short}
    # In the file itself, because it is opened without a server; no Content-Security-Policy holds there.
    css = (TEMPLATES / "backup" / "week.css").read_text()
    environment.globals["sheet"] = Markup("<style>\n{}</style>").format(Markup(css))  # noqa: S704  (our own file)
    return environment
