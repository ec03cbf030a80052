"""Turns an outbox row and the visits it speaks of into what leaves, in the row's language.

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
from turnet.feedback.model import feedback_token
from turnet.format import clock_time, day_long, day_short, money, on_day_long
from turnet.i18n import LANGUAGES, _, pgettext, speaking
from turnet.messaging import answers, calendar, choices
from turnet.messaging.addresses import dialled, domain, sender, spoken_phone
from turnet.messaging.channels import Parcel
from turnet.messaging.kinds import KINDS, About, Audience, Consent, Kind
from turnet.messaging.manner import PLAIN, Manner
from turnet.messaging.mime import Letter, whole
from turnet.messaging.outbox import Claimed, Facts
from turnet.messaging.sms_text import plain
from turnet.paths import TEMPLATES
from turnet.settings import Settings

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_OUR_COLOUR = "#14603c"

_INVITING = {About.TIME: calendar.REQUEST, About.CANCELLATION: calendar.CANCEL}
"""What changes the patient's calendar, and how; everything else leaves it as it is."""

_MOMENTS = ("since", "until")

_NAME = 10
"""Letters of the name beside the clinic's: a confirmation with a link has no room for more."""

_ADVERTS = {"IL": "פרסומת"}
"""Region → the word with which the law has an advertisement begin …"""
_REFUSALS = {"IL": "להסרה השיבו הסר"}
"""… and how it has people told to refuse the next one, where they can answer."""

Words = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Composer:
    settings: Settings
    key: bytes
    """What patients' links are made with."""

    def parcel(
        self,
        row: Claimed,
        visits: Sequence[Visit],
        clinic: Clinic,
        *,
        now: datetime,
        was: datetime | None = None,
        manner: Manner = PLAIN,
    ) -> Parcel:
        """What the row says now of these visits, by start, none for kinds that speak of none.

        `was` is the start last told. The visits of a reminder are all of one day.
        """
        kind = KINDS[row.kind]
        with speaking(row.language):
            words = self._words(row, visits, clinic, now, manner) | _earlier(was, clinic)
            if row.channel == "sms":
                text = plain(render(f"{kind.name}/sms.txt", words))
                name = plain(str(clinic.text(clinic.name, clinic.default_language)))
                return Parcel(row.id, name, row.recipient, text.encode(), now, asks=_may_be_answered(kind, manner))
            letter = self._letter(row, visits, clinic, words, now)
        return Parcel(row.id, letter.sender, row.recipient, whole(letter), now)

    def wording(
        self,
        row: Claimed,
        visits: Sequence[Visit],
        clinic: Clinic,
        *,
        now: datetime,
        was: datetime | None = None,
        manner: Manner = PLAIN,
    ) -> tuple[str, str]:
        """(subject, text) of what `parcel` would send, as people read it; an SMS has no subject."""
        kind = KINDS[row.kind]
        with speaking(row.language):
            words = self._words(row, visits, clinic, now, manner) | _earlier(was, clinic)
            if row.channel == "sms":
                return "", plain(render(f"{kind.name}/sms.txt", words))
            return render(f"{kind.name}/subject.txt", words), render(f"{kind.name}/body.txt", words)

    def _letter(self, row: Claimed, visits: Sequence[Visit], clinic: Clinic, words: Words, now: datetime) -> Letter:
        kind = KINDS[row.kind]
        message_id, thread = self._ids(row, visits)
        letter = Letter(
            sender=sender(self.settings),
            sender_name=str(clinic.text(clinic.name, row.language)),
            recipient=row.recipient,
            reply_to=_mailbox(kind, visits, clinic),
            subject=render(f"{kind.name}/subject.txt", words),
            message_id=message_id,
            thread=thread,
            date=now,
            language=i18n.current().code,
            text=render(f"{kind.name}/body.txt", words),
            html=render(f"{kind.name}/body.html", words),
            unsubscribe=self._settings_link(row) if kind.consent in choices.LISTED else "",
        )
        if kind.audience is not Audience.PATIENT or kind.about not in _INVITING:
            return letter
        method = _INVITING[kind.about]
        event = calendar.invitation(visits[0], clinic, self.settings, method=method, attendee=row.recipient, stamp=now)
        return replace(letter, calendar=event, method=method)

    def _ids(self, row: Claimed, visits: Sequence[Visit]) -> tuple[str, str]:
        """(Message-ID, that of the first mail to the same audience): every try of a row carries the same."""
        at, kind = domain(self.settings), KINDS[row.kind]
        own = f"<{row.id}@{at}>"
        if kind.about is About.NOTHING or not visits:
            return own, ""
        name = "appt" if kind.audience is Audience.PATIENT else "desk"
        first = f"<{name}-{visits[0].public_id}.0@{at}>"
        if kind.about in _INVITING:
            return f"<{name}-{visits[0].public_id}.{row.sequence}@{at}>", first
        return own, first if len(visits) == 1 else ""

    def _words(self, row: Claimed, visits: Sequence[Visit], clinic: Clinic, now: datetime, manner: Manner) -> Words:
        language, kind = i18n.current(), KINDS[row.kind]
        accent = clinic.brand if _COLOUR.fullmatch(clinic.brand) else _OUR_COLOUR
        words: Words = {
            "lang": language.code,
            "dir": language.direction,
            "accent": accent,
            "on_accent": _readable_on(accent),
            "clinic": clinic.text(clinic.name, language.code),
            "origin": self.settings.origin,
        }
        if kind.about is About.NOTHING:
            return words | _facts(row.facts, clinic)
        spoken = [_visit_words(visit, clinic, now) for visit in visits]
        if kind.audience is Audience.PATIENT:
            spoken = [own | self._own_words(visit, clinic, now) for own, visit in zip(spoken, visits, strict=True)]
        if kind.about is About.ANSWER:
            here = spoken[0]["call"] if spoken else dialled(clinic.phone, clinic.region)
            words |= answers.words(row.facts, visits, clinic) | {"call": here}
            if not spoken:
                return words
        if kind.about is About.WORDS:
            words["text"] = row.facts.get("text", "")
        if kind.about is About.STEPS:
            words |= self._round_words(row, manner, clinic)
        several = len({visit.first_name for visit in visits}) > 1
        return words | {
            "visit": spoken[0],
            "visits": _directions_once(spoken),
            "several_people": several,
            "to_whom": f"{words['clinic']}, {visits[0].first_name[:_NAME]}" if manner.named else words["clinic"],
            "listed": _listed(spoken, names=several),
        }

    def _round_words(self, row: Claimed, manner: Manner, clinic: Clinic) -> Words:
        language = i18n.current().code
        return {
            "asks": manner.asks,
            "folded": manner.folded,
            "survey_link": f"{self.settings.origin}/f/{feedback_token(self.key, manner.survey)}",
            "home_link": f"{self.settings.origin}/{language}/",
            "offer": clinic.text(manner.offer, language),
            "advert": _ADVERTS.get(clinic.region, ""),
            "refusal": _REFUSALS.get(clinic.region, "") if manner.answerable else "",
            "settings_link": self._settings_link(row),
        }

    def _settings_link(self, row: Claimed) -> str:
        """Where whoever gets it can refuse such messages; empty for what nobody can refuse."""
        return choices.link(self.settings, self.key, row.id) if KINDS[row.kind].consent in choices.REFUSABLE else ""

    def _own_words(self, visit: Visit, clinic: Clinic, now: datetime) -> Words:
        """What only the patient gets: the link that acts on the visit, and until when it does."""
        service = clinic.service(visit.service)
        move_by = visit.starts_at - timedelta(minutes=service.rules.move_until)
        cancel_by = visit.starts_at - timedelta(minutes=service.rules.cancel_until)
        token = visit_token(self.key, visit.public_id, visit.link_no)
        return {
            "link": f"{self.settings.origin}/a/{token}",
            "find_link": f"{self.settings.origin}/find",
            "book_link": f"{self.settings.origin}/{i18n.current().code}/book/{service.slug}",
            "changeable": visit.state is not State.CANCELLED and now < min(move_by, cancel_by),
            "move_by": _moment(move_by, clinic),
            "cancel_by": _moment(cancel_by, clinic),
            "fee": money(service.late_fee, clinic.currency) if service.late_fee else "",
            "instructions": clinic.text(service.instructions, i18n.current().code),
            "aftercare": clinic.text(service.aftercare, i18n.current().code),
        }


def _may_be_answered(kind: Kind, manner: Manner) -> bool:
    """Does it ask, go on in a conversation, or say what to answer to get no more of the sort?"""
    talks = kind.about in {About.ANSWER, About.WORDS} or kind.name == "desk_answer"
    return talks or manner.asks is not None or (manner.answerable and kind.consent is Consent.OFFER)


def _visit_words(visit: Visit, clinic: Clinic, now: datetime) -> Words:
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
        **_near(starts, now.astimezone(clinic.zone)),
        "until": clock_time(ends),
        "service": _in_a_row([text(clinic.service(service).name) for service in visit.services]),
        "practitioner": text(clinic.practitioner(visit.practitioner).name),
        "room": _room(visit, clinic),
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
        "call": dialled(phone, clinic.region),
    }


def _listed(spoken: Sequence[Words], *, names: bool) -> str:
    """`Anna 09:00, Eero 09:20`, as an SMS of a family says it."""
    return ", ".join(f"{one['who'][:20]} {one['time']}" if names and one["who"] else one["time"] for one in spoken)


def _room(visit: Visit, clinic: Clinic) -> str:
    """As one asks the way to it: a bare number is said as `Room 2`."""
    name = str(clinic.text(clinic.room(visit.room).name, i18n.current().code)) if visit.room is not None else ""
    return _("Room %(name)s") % {"name": name} if name.isdecimal() else name


def _in_a_row(texts: Sequence[Text]) -> Text:
    return Text(", ".join(str(text) for text in texts), texts[0].language)


def _near(starts: datetime, now: datetime) -> Words:
    """The day as a sentence says it: its date, and that with `tomorrow` as long as it is.

    An SMS says the date alone: a telephone that was off shows the text on another day than it was sent.
    """
    day, date = day_short(starts), starts.date()
    on_day = pgettext("in a sentence", "%(day)s") % {"day": day}
    if date == now.date():
        return {"on_day": on_day, "when_dated": _("today, %(day)s") % {"day": day}}
    if date == now.date() + timedelta(days=1):
        return {"on_day": on_day, "when_dated": _("tomorrow, %(day)s") % {"day": day}}
    return {"on_day": on_day, "when_dated": on_day}


def _directions_once(spoken: Sequence[Words]) -> list[Words]:
    """The way to a place is told with the first of the visits there."""
    places = [one["place"] for one in spoken]
    here = Text("", i18n.current().code)
    return [one | {"directions": here} if one["place"] in places[:index] else one for index, one in enumerate(spoken)]


def _facts(facts: Facts, clinic: Clinic) -> Words:
    """What the server says of itself: in English, moments in clinic time."""
    moments = {name: _moment(datetime.fromisoformat(facts[name]), clinic) for name in _MOMENTS if facts.get(name)}
    return {name: Text(str(said), "en") for name, said in facts.items()} | moments


def _earlier(was: datetime | None, clinic: Clinic) -> Words:
    local = was.astimezone(clinic.zone) if was else None
    return {"old_day": on_day_long(local) if local else "", "old_time": clock_time(local) if local else ""}


def _moment(at: datetime, clinic: Clinic) -> str:
    local = at.astimezone(clinic.zone)
    return _("%(day)s at %(time)s") % {"day": day_short(local), "time": clock_time(local)}


def _mailbox(kind: Kind, visits: Sequence[Visit], clinic: Clinic) -> str:
    """Where a patient's answer to a mail goes."""
    if not visits or kind.audience is not Audience.PATIENT:
        return ""
    return clinic.location(visits[0].location).email or clinic.email


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
