"""A round as its form has it, there and back."""

import re
from dataclasses import replace

from turnet.clinic.model import Clinic
from turnet.errors import Invalid
from turnet.i18n import LANGUAGES, _
from turnet.reminders.check import LONGEST_TEXT, MOST_DAYS
from turnet.reminders.model import Round, RoundKind
from turnet.reminders.rules import CHECKIN_FROM
from turnet.web.desk.rounds.words import MINUTES
from turnet.web.kit.forms import Form

TEXTS = tuple(f"text_{language}" for language in LANGUAGES)
FIELDS = (
    "kind", "version", "count", "unit", "side", "time", "channels", "fallback", "only_unconfirmed", "answers", "location",
    "service", *TEXTS, "active", "show",
)  # fmt: skip
_CHANNELS = {"email": ("email",), "sms": ("sms",), "email,sms": ("email", "sms"), "sms,email": ("sms", "email")}
_TIME = re.compile(r"([01][0-9]|2[0-3])[:.]([0-5][0-9])")


def filled(round: Round, clinic: Clinic) -> Form:
    count, unit = (abs(round.days), "days")
    if round.minutes and round.at_minute is None:
        whole = round.minutes % MINUTES == 0
        count, unit = (abs(round.minutes) // MINUTES, "hours") if whole else (abs(round.minutes), "minutes")
    at = "" if round.at_minute is None else f"{round.at_minute // MINUTES:02}:{round.at_minute % MINUTES:02}"
    return Form({
        "kind": round.kind.value, "version": str(round.version), "count": str(count), "unit": unit,
        "side": "after" if round.after else "before", "time": at, "channels": ",".join(round.channels),
        "fallback": _flag(round.fallback), "only_unconfirmed": _flag(round.only_unconfirmed),
        "answers": _flag(round.answers), "active": _flag(round.active),
        "location": next((slug for slug, one in clinic.locations.items() if one.id == round.location), ""),
        "service": next((slug for slug, one in clinic.services.items() if one.id == round.service), ""),
        **{f"text_{language}": text for language, text in round.text.items()},
    })  # fmt: skip


def _flag(on: bool) -> str:
    return "1" if on else ""


def wanted(form: Form, was: Round, clinic: Clinic) -> Round:
    """What the form asks for, on top of what cannot be typed. Raises `Invalid` for what cannot be read."""
    raw = form.raw
    wrong: dict[str, str] = {}
    count, at = _count(raw.get("count", ""), wrong), _minute(raw.get("time", ""), wrong)
    if raw.get("unit") not in {"days", "hours", "minutes"}:
        wrong["count"] = "no_number"
    location, service = raw.get("location", ""), raw.get("service", "")
    if location and location not in clinic.locations:
        wrong["location"] = "unknown"
    if service and service not in clinic.services:
        wrong["service"] = "unknown"
    if wrong:
        raise Invalid(wrong)
    asked_for = replace(
        was,
        channels=_CHANNELS.get(raw.get("channels", ""), ()),
        fallback=raw.get("fallback") == "1",
        only_unconfirmed=raw.get("only_unconfirmed") == "1" and was.kind is RoundKind.REMINDER,
        answers=raw.get("answers") == "1",
        location=clinic.locations[location].id if location else None,
        service=clinic.services[service].id if service else None,
        text={name.removeprefix("text_"): raw[name].strip() for name in TEXTS if raw.get(name, "").strip()},
        active=raw.get("active") == "1",
    )
    return _timed(asked_for, count, raw["unit"], at, after=_after(was.kind, raw.get("side", "")))


def _after(kind: RoundKind, side: str) -> bool:
    if kind is RoundKind.OFFER:
        return side == "after"
    return kind in (RoundKind.AFTERCARE, RoundKind.FEEDBACK)


def _timed(round: Round, count: int, unit: str, at: int | None, *, after: bool) -> Round:
    sign = 1 if after else -1
    if unit == "days":
        return replace(round, days=sign * count, at_minute=at, minutes=0)
    return replace(round, days=0, at_minute=None, minutes=sign * count * (MINUTES if unit == "hours" else 1))


def _count(text: str, wrong: dict[str, str]) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text.strip()):
        wrong["count"] = "no_number"
        return 0
    return int(text)


def _minute(text: str, wrong: dict[str, str]) -> int | None:
    if not text.strip():
        return None
    if not (found := _TIME.fullmatch(text.strip())):
        wrong["time"] = "no_time"
        return None
    return int(found[1]) * MINUTES + int(found[2])


def sentences(error: Invalid, clinic: Clinic) -> dict[str, str]:
    """Beside the field that has to be put right."""
    places = {"when": "count", "text": f"text_{clinic.default_language}"}
    return {places.get(field, field): _sentence(code) for field, code in error.fields.items()}


def _sentence(code: str) -> str:
    said = {
        "no_number": _("Write a whole number."),
        "no_time": _("Write a time such as 17:00, or leave it empty."),
        "out_of_range": _("At most %(days)s days, or 24 hours.") % {"days": MOST_DAYS},
        "checkin_hours": _(
            "A check-in goes at most %(hours)s hours and at least a quarter of an hour before the visit."
        )
        % {"hours": CHECKIN_FROM // MINUTES},
        "not_before": _("This goes before the visit: write how long before."),
        "not_after": _("This goes after the visit."),
        "required": _("This cannot be empty."),
        "needs_two": _("Choose two ways, or none can stand in for the other."),
        "no_question": _("Only an SMS can ask for an answer."),
        "unheard": _(
            "Your SMS cannot be answered, because they are sent from a name or nothing receives. Choose the link."
        ),
        "too_long": _("That is too long: at most %(most)s characters.") % {"most": LONGEST_TEXT},
    }
    return said.get(code) or _("Look at this once more.")
