"""A visit as an iCalendar event: in mail (`invitation`), as a download (`published`) and as links into web calendars.

Times are in UTC, because clients disagree on time zone definitions. No treatment, no practitioner and no link that
could change the visit stands in an event: people share calendars.
"""

import re
from datetime import datetime
from urllib.parse import urlencode

from icalendar import Calendar, Event, vCalAddress

from turnet.booking.model import Visit
from turnet.booking.states import State
from turnet.clinic.model import Clinic, Text
from turnet.format import clock_time, day_long
from turnet.i18n import _, speaking
from turnet.messaging.addresses import sender, spoken_phone
from turnet.settings import Settings

REQUEST, CANCEL, PUBLISH = "REQUEST", "CANCEL", "PUBLISH"

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def uid(visit: Visit) -> str:
    """Never changes, not even when the clinic's address does: what follows the @ is no host."""
    return f"appt-{visit.public_id}@turnet"


def invitation(
    visit: Visit, clinic: Clinic, settings: Settings, *, method: str, attendee: str, stamp: datetime
) -> bytes:
    """REQUEST or CANCEL for the address the mail goes to; already accepted, and no answer is wanted."""
    with speaking(visit.language):
        event = _event(visit, clinic, stamp, cancelled=method == CANCEL)
        event.add("organizer", _person(sender(settings), str(_name(visit, clinic))))
        guest = _person(attendee, visit.patient_name if visit.for_whom == "me" else attendee)
        guest.params |= {
            "CUTYPE": "INDIVIDUAL",
            "ROLE": "REQ-PARTICIPANT",
            "PARTSTAT": "ACCEPTED",
            "RSVP": "FALSE",
        }
        event.add("attendee", guest)
        event.add("url", _place_url(visit, clinic, settings))
        event.add("x-microsoft-disallow-counter", "TRUE")
        return _calendar(event, method)


def published(visit: Visit, clinic: Clinic, settings: Settings | None = None) -> bytes:
    """For whoever holds the link: names nobody. The same visit always gives the same bytes.

    With `settings` the event carries its organizer, as the standard asks of METHOD:PUBLISH, and the location's page.
    """
    with speaking(visit.language):
        event = _event(visit, clinic, visit.updated_at, cancelled=visit.state is State.CANCELLED)
        if settings is not None:
            event.add("organizer", _person(sender(settings), str(_name(visit, clinic))))
            event.add("url", _place_url(visit, clinic, settings))
        return _calendar(event, PUBLISH)


def google_link(visit: Visit, clinic: Clinic) -> str:
    with speaking(visit.language):
        query = {
            "action": "TEMPLATE",
            "text": str(_name(visit, clinic)),
            "dates": f"{visit.starts_at:%Y%m%dT%H%M%SZ}/{visit.ends_at:%Y%m%dT%H%M%SZ}",
            "details": _description(visit, clinic),
            "location": _place(visit, clinic),
            "ctz": clinic.zone.key,
        }
    return f"https://calendar.google.com/calendar/render?{urlencode(query)}"


def outlook_link(visit: Visit, clinic: Clinic) -> str:
    with speaking(visit.language):
        query = {
            "path": "/calendar/action/compose",
            "rru": "addevent",
            "startdt": f"{visit.starts_at:%Y-%m-%dT%H:%M:%SZ}",
            "enddt": f"{visit.ends_at:%Y-%m-%dT%H:%M:%SZ}",
            "subject": str(_name(visit, clinic)),
            "body": _description(visit, clinic),
            "location": _place(visit, clinic),
        }
    return f"https://outlook.live.com/calendar/deeplink/compose?{urlencode(query)}"


def _calendar(event: Event, method: str) -> bytes:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//turnet//turnet 1.0//EN")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(visit: Visit, clinic: Clinic, stamp: datetime, *, cancelled: bool) -> Event:
    name, location = _name(visit, clinic), clinic.location(visit.location)
    event = Event()
    event.add("uid", uid(visit))
    event.add("sequence", visit.sequence)
    event.add("dtstamp", stamp)
    event.add("last-modified", visit.updated_at)
    event.add("dtstart", visit.starts_at)
    event.add("dtend", visit.ends_at)
    event.add("summary", one_line(str(name)), parameters={"LANGUAGE": name.language})
    event.add("description", _description(visit, clinic))
    event.add("location", _place(visit, clinic))
    if location.latitude is not None and location.longitude is not None:
        event.add("geo", (location.latitude, location.longitude))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("class", "PRIVATE")
    event.add("x-microsoft-cdo-busystatus", "BUSY")
    return event


def _person(address: str, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{address}")
    person.params["CN"] = one_line(name).replace('"', "'")
    return person


def _name(visit: Visit, clinic: Clinic) -> Text:
    return clinic.text(clinic.name, visit.language)


def _place(visit: Visit, clinic: Clinic) -> str:
    location = clinic.location(visit.location)
    texts = (clinic.text(texts, visit.language) for texts in (location.name, location.address, location.city))
    return ", ".join(one_line(str(text)) for text in texts if text)


def _place_url(visit: Visit, clinic: Clinic, settings: Settings) -> str:
    return f"{settings.origin}/{visit.language}/at/{clinic.location(visit.location).slug}"


def _description(visit: Visit, clinic: Clinic) -> str:
    """The wall-clock time as sold: right even if the calendar shows another zone."""
    starts = visit.starts_at.astimezone(clinic.zone)
    lines = [
        _("%(day)s at %(time)s (%(zone)s)")
        % {"day": day_long(starts), "time": clock_time(starts), "zone": clinic.zone.key.replace("_", " ")},
        _("Reference: %(reference)s") % {"reference": visit.reference},
    ]
    if phone := clinic.location(visit.location).phone or clinic.phone:
        lines.append(_("Telephone: %(number)s") % {"number": f"\u200e{spoken_phone(phone)}"})
    return "\n".join(lines)


def one_line(text: str) -> str:
    """Without line breaks and control characters: what headers and names may hold."""
    return _CONTROL.sub(" ", text).strip()
