"""A conversation in words: why it is open, what was made of an SMS, what became of ours, and answers to begin with."""

import re
from collections.abc import Mapping
from datetime import datetime

from turnet.conversation.prompts import Open
from turnet.format import clock_time, day_short
from turnet.i18n import LANGUAGES, _, ngettext, pgettext, speaking
from turnet.messaging.addresses import dialled
from turnet.web.desk.told import sent_words
from turnet.web.desk.wording import message_names

_CODES = re.compile(r"\b\d{3,6}\b")
"""A gateway's own comes last."""


def whys() -> Mapping[str, str]:
    """Why a person has to look; any other reason is said as the last one."""
    return {
        "cannot_come": _("Cannot come"),
        "late": _("Too late to settle by SMS"),
        "changed": _("About a visit that has changed"),
        "wants_out": _("Wants no messages, or no visit"),
        "often": _("Writes very often"),
        "score": _("Was not happy"),
        "failed": _("Could not be worked on"),
        "unclear": _("Not understood"),
    }


def why(code: str) -> str:
    return whys().get(code) or _("Not understood")


def outcome(code: str) -> str:
    """What was made of an SMS of theirs; empty while nothing was."""
    return {
        "confirmed": _("Read as: comes. Confirmed."),
        "here": _("Read as: is here. Checked in."),
        "early": _("Read as: comes. Too early to check in."),
        "again": _("Said before."),
        "times": _("Read as: cannot come. Other times are offered."),
        "moved": _("The visit was moved to the time they chose."),
        "which": _("Asked which visit is meant."),
        "choose": _("None of the times suits."),
        "changed": _("About a visit that has changed."),
        "opted_out": _("Wants no such messages. Written down."),
        "opted_in": _("Wants messages again. Written down."),
        "scored": _("A score. Written down."),
        "commented": _("What they said of the visit. Written down."),
        "thanks": _("Said thank you."),
        "repeated": _("Handed over twice by the gateway."),
        "machine": _("From a machine. Not answered."),
        "desk": _("Left to you."),
    }.get(code) or (_("Left to you.") if code else "")


def answers() -> Mapping[str, str]:
    """What the server answered, by the kind of the message."""
    return {
        "answer_confirmed": _("Answer: you are expected"),
        "answer_here": _("Answer: where to sit"),
        "answer_too_early": _("Answer: too early, once more at the door"),
        "answer_times": _("Answer: three other times"),
        "answer_moved": _("Answer: the new time"),
        "answer_which": _("Answer: which visit?"),
        "answer_choose": _("Answer: the link to choose a time"),
        "answer_call": _("Answer: somebody looks at it"),
        "answer_changed": _("Answer: how it is now"),
        "answer_read_later": _("Answer: somebody reads it"),
        "answer_too_late": _("Answer: too late by SMS"),
        "answer_opted_out": _("Answer: no such messages any more"),
        "answer_opted_in": _("Answer: messages again"),
        "answer_why_high": _("Answer: asks what was good"),
        "answer_why_low": _("Answer: asks what went wrong"),
        "answer_thanks": _("Answer: thanks"),
    }


def ours(kind: str) -> str:
    """What the desk calls a message of ours, answers included."""
    return answers().get(kind) or message_names().get(kind) or _("Message")


def state(code: str) -> str:
    """What became of an SMS of ours."""
    return {
        "queued": _("waiting"), "sending": _("waiting"), "sent": _("sent"), "delivered": _("delivered"),
        "failed": _("did not arrive"), "unknown": _("not known whether it arrived"), "skipped": _("not sent"),
    }.get(code, "")  # fmt: skip


def asked(prompt: Open) -> str:
    """The question that is open."""
    return {
        "confirm": _("Asked whether they come."),
        "checkin": _("Asked whether they are here."),
        "which": _("Asked which visit is meant."),
        "times": _("Asked which of the times they take."),
        "score": _("Asked how it went."),
        "why": _("Asked why."),
    }.get(prompt.kind.value, "")


def purposes() -> Mapping[str, str]:
    return {"reminders": _("reminders"), "feedback": _("questions about the visit"), "offers": _("offers")}


def reason(kind: str) -> str:
    """Why nothing is sent to a contact."""
    return {
        "bounced": _("Mail to it comes back"),
        "wrong_number": _("A stranger has the number"),
    }.get(kind, kind)


def trouble(state: str, error: str) -> str:
    """Why a message did not arrive, as far as we can say it."""
    if state == "unknown":
        return _("It was handed over, and nobody knows whether it arrived.")
    known = sent_words.known(error)
    return f"{known[:1].upper()}{known[1:]}." if known else _("It was refused.")


def code(state: str, error: str) -> str:
    """What the other side calls the trouble, for whoever asks them; empty where our words say all."""
    found = _CODES.findall("" if state == "unknown" or sent_words.known(error) else error)
    return found[-1] if found else ""


def sms(count: int) -> str:
    """How many SMS a text makes."""
    return ngettext("%(num)d SMS", "%(num)d SMS", count) % {"num": count}


def quick(language: str, coming: datetime | None, phone: str, region: str) -> list[str]:
    """Three polite beginnings in the patient's language. `coming`: the visit that it is about, in clinic time."""
    with speaking(language if language in LANGUAGES else "en"):
        when = pgettext("in a sentence", "%(day)s") % {"day": day_short(coming)} if coming else ""
        stands = (
            _("Thank you. Your visit on %(when)s at %(time)s is as it was.")
            % {"when": when, "time": clock_time(coming)}
            if coming
            else _("Thank you. We will look into it and write to you today.")
        )
        return [
            _("Thank you for your message. We will call you today."),
            stands,
            _("We could not quite read your message. Call us on %(phone)s, or write it once more.")
            % {"phone": dialled(phone, region)},
        ]
