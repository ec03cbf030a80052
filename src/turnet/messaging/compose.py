"""Turns an outbox row and the visit it speaks of into what leaves, in the row's language.

Two environments: escaping for HTML, plain for text, subjects and SMS. Whatever a template names and does not get is an
error.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from turnet import i18n
from turnet.booking.model import Visit, visit_token
from turnet.booking.states import State
from turnet.clinic.model import Clinic, Text
from turnet.format import clock_time, day_long, day_short, money, on_day_long
from turnet.i18n import LANGUAGES, _, speaking
from turnet.messaging import calendar
from turnet.messaging.addresses import domain, sender, spoken_phone
from turnet.messaging.channels import Parcel
from turnet.messaging.kinds import KINDS, About, Audience, Kind
from turnet.messaging.mime import Letter, whole
from turnet.messaging.outbox import Claimed
from turnet.messaging.sms_text import plain
from turnet.paths import TEMPLATES
from turnet.settings import Settings

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_OUR_COLOUR = "#14603c"

Words = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Composer:
    settings: Settings
    key: bytes
    """What patients' links are made with."""

    def parcel(
        self, row: Claimed, visits: Sequence[Visit], clinic: Clinic, *, now: datetime, was: datetime | None = None
    ) -> Parcel:
        """What the row says now of these visits, none for kinds that speak of none; `was` is the start last told."""
        kind, visit = KINDS[row.kind], visits[0] if visits else None
        with speaking(row.language):
            words = self._words(kind, visit, clinic, now) | _earlier(was, clinic)
            if row.channel == "sms":
                text = plain(render(f"{kind.name}/sms.txt", words))
                name = plain(str(clinic.text(clinic.name, clinic.default_language)))
                return Parcel(row.id, name, row.recipient, text.encode(), now)
            letter = self._letter(row, kind, visit, clinic, words, now)
        return Parcel(row.id, letter.sender, row.recipient, whole(letter), now)

    def _letter(
        self, row: Claimed, kind: Kind, visit: Visit | None, clinic: Clinic, words: Words, now: datetime
    ) -> Letter:
        message_id, thread = self._ids(row, kind, visit)
        letter = Letter(
            sender=sender(self.settings),
            sender_name=str(clinic.text(clinic.name, row.language)),
            recipient=row.recipient,
            reply_to=_mailbox(kind, visit, clinic),
            subject=render(f"{kind.name}/subject.txt", words),
            message_id=message_id,
            thread=thread,
            date=now,
            language=i18n.current().code,
            text=render(f"{kind.name}/body.txt", words),
            html=render(f"{kind.name}/body.html", words),
        )
        if visit is None or kind.audience is not Audience.PATIENT:
            return letter
        method = calendar.CANCEL if kind.about is About.CANCELLATION else calendar.REQUEST
        event = calendar.invitation(visit, clinic, self.settings, method=method, attendee=row.recipient, stamp=now)
        return replace(letter, calendar=event, method=method)

    def _ids(self, row: Claimed, kind: Kind, visit: Visit | None) -> tuple[str, str]:
        """(Message-ID, that of the first mail to the same audience): every try of a row carries the same."""
        at = domain(self.settings)
        if visit is None:
            return f"<{row.id}@{at}>", ""
        name = "appt" if kind.audience is Audience.PATIENT else "desk"
        return f"<{name}-{visit.public_id}.{row.sequence}@{at}>", f"<{name}-{visit.public_id}.0@{at}>"

    def _words(self, kind: Kind, visit: Visit | None, clinic: Clinic, now: datetime) -> Words:
        language = i18n.current()
        accent = clinic.brand if _COLOUR.fullmatch(clinic.brand) else _OUR_COLOUR
        words: Words = {
            "lang": language.code,
            "dir": language.direction,
            "accent": accent,
            "on_accent": _readable_on(accent),
            "clinic": clinic.text(clinic.name, language.code),
        }
        if visit is not None:
            words |= _visit_words(visit, clinic)
        if visit is not None and kind.audience is Audience.PATIENT:
            words |= self._own_words(visit, clinic, now)
        return words

    def _own_words(self, visit: Visit, clinic: Clinic, now: datetime) -> Words:
        """What only the patient gets: the link that acts on the visit, and until when it does."""
        service = clinic.service(visit.service)
        move_by = visit.starts_at - timedelta(minutes=service.rules.move_until)
        cancel_by = visit.starts_at - timedelta(minutes=service.rules.cancel_until)
        token = visit_token(self.key, visit.public_id, visit.link_no)
        return {
            "link": f"{self.settings.origin}/a/{token}",
            "book_link": f"{self.settings.origin}/{i18n.current().code}/book/{service.slug}",
            "changeable": visit.state is not State.CANCELLED and now < min(move_by, cancel_by),
            "move_by": _moment(move_by, clinic),
            "cancel_by": _moment(cancel_by, clinic),
            "fee": money(service.late_fee, clinic.currency) if service.late_fee else "",
            "instructions": clinic.text(service.instructions, i18n.current().code),
        }


def _visit_words(visit: Visit, clinic: Clinic) -> Words:
    starts, ends = visit.starts_at.astimezone(clinic.zone), visit.ends_at.astimezone(clinic.zone)
    location = clinic.location(visit.location)
    phone = location.phone or clinic.phone

    def text(texts: Mapping[str, str]) -> Text:
        return clinic.text(texts, i18n.current().code)

    place = (text(location.name), text(location.address), text(location.city))
    return {
        "day": day_long(starts),
        "day_short": day_short(starts),
        "time": clock_time(starts),
        "until": clock_time(ends),
        "service": text(clinic.service(visit.service).name),
        "practitioner": text(clinic.practitioner(visit.practitioner).name),
        "who": visit.first_name,
        "location": place[0],
        "street": place[1],
        "city": place[2],
        "place": ", ".join(str(part) for part in place if part),
        "directions": text(location.directions),
        "instructions": Text("", i18n.current().code),
        "reference": visit.reference,
        "phone": spoken_phone(phone),
        "phone_link": re.sub(r"[^0-9+]", "", phone),
    }


def _earlier(was: datetime | None, clinic: Clinic) -> Words:
    local = was.astimezone(clinic.zone) if was else None
    return {"old_day": on_day_long(local) if local else "", "old_time": clock_time(local) if local else ""}


def _moment(at: datetime, clinic: Clinic) -> str:
    local = at.astimezone(clinic.zone)
    return _("%(day)s at %(time)s") % {"day": day_short(local), "time": clock_time(local)}


def _mailbox(kind: Kind, visit: Visit | None, clinic: Clinic) -> str:
    """Where a patient's answer to a mail goes."""
    if visit is None or kind.audience is not Audience.PATIENT:
        return ""
    return clinic.location(visit.location).email or clinic.email


def _readable_on(colour: str) -> str:
    """Black or white, whichever stands out more (WCAG relative luminance)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#ffffff"


# --- templates


def render(template: str, words: Words) -> str:
    """In the language being spoken; `.html` escapes, everything else does not."""
    text = _environment(escapes=template.endswith(".html")).get_template(template).render(words)
    return text if template.endswith(("/body.txt", ".html")) else text.strip()


@cache
def _environment(*, escapes: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "messages"),
        autoescape=escapes,  # noqa: S701  (a text is not HTML)
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        i18n._, i18n.ngettext, newstyle=True, pgettext=i18n.pgettext, npgettext=i18n.npgettext
    )
    environment.globals |= {"said": _said, "ltr": _ltr, "direction": _direction}
    return environment


def _said(text: Text) -> Markup:
    """A text of the clinic inside ours, marked with its own language when that is another one."""
    language = "" if text.language == i18n.current().code else Markup(' lang="{}"').format(text.language)
    return Markup("<bdi{}>{}</bdi>").format(language, escape(str(text)))


def _direction(text: Text) -> str:
    return LANGUAGES[text.language].direction if text.language in LANGUAGES else "auto"


def _ltr(text: str) -> str:
    """Keeps numbers and codes readable inside a line of Hebrew; nothing elsewhere."""
    return f"\u200e{text}\u200e" if i18n.current().direction == "rtl" else text
