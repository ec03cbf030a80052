"""Every kind of message there is, registered once. `docs/messages.md` lists them; a test compares."""

from dataclasses import dataclass
from enum import StrEnum


class Audience(StrEnum):
    PATIENT = "patient"
    LOCATION = "location"
    """The location's own mailbox."""
    STAFF = "staff"
    """One person of the staff, in their own language."""
    SERVER = "server"
    """Whoever looks after the installation."""


class Consent(StrEnum):
    VISIT = "visit"
    """Part of the visit somebody asked for; needs no consent and has no way to opt out."""
    REMINDER = "reminder"
    """A service message about a visit, which a person may refuse."""
    FEEDBACK = "feedback"
    """A question about a visit, which a person may refuse."""
    OFFER = "offer"
    """Needs a person's consent, and says how to take it back."""
    STAFF = "staff"
    """Goes to the clinic itself."""


class About(StrEnum):
    TIME = "time"
    """There is a time, and this is it."""
    CANCELLATION = "cancellation"
    STEPS = "steps"
    """The visits of its round's steps that are still true when it leaves."""
    COMING = "coming"
    """Every coming visit of the contact it goes to."""
    SERIES = "series"
    """Every coming visit of those that were booked together with its own."""
    CHOICE = "choice"
    """A visit that cannot stay where it is."""
    WORDS = "words"
    """A visit about which somebody at the desk wrote, whatever has become of it."""
    ANSWER = "answer"
    """The visits that its facts name, whatever has become of them; there may be none."""
    TURN = "turn"
    """A visit whose patient waits."""
    NOTHING = "nothing"
    """No visit."""


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    """Also its folder in `templates/messages/`."""
    audience: Audience
    channels: tuple[str, ...]
    consent: Consent
    about: About
    leaves: str
    """When it goes, for the documentation."""


def _answer(name: str, leaves: str) -> Kind:
    return Kind(f"answer_{name}", Audience.PATIENT, ("sms",), Consent.VISIT, About.ANSWER, leaves)


_ANSWERS = (
    _answer("confirmed", "when somebody answers that they come"),
    _answer("here", "when somebody answers that they are here"),
    _answer("too_early", "when they say so long before the visit"),
    _answer("times", "when somebody answers that they cannot come"),
    _answer("moved", "when they chose another time"),
    _answer("which", "when it is not clear which of several visits an answer is about"),
    _answer("choose", "when none of the times suits"),
    _answer("call", "when a person has to look at it"),
    _answer("changed", "when the visit is not what they answered about any more"),
    _answer("read_later", "once a day when an SMS cannot be understood"),
    _answer("too_late", "when an answer comes too late"),
    _answer("opted_out", "when somebody wants no more messages"),
    _answer("opted_in", "when they want them again"),
    _answer("why_high", "after a high score"),
    _answer("why_low", "after a low score"),
    _answer("thanks", "after words about a visit"),
)

KINDS = {
    kind.name: kind
    for kind in (
        Kind("booking_confirmed", Audience.PATIENT, ("email", "sms"), Consent.VISIT, About.TIME, "at once"),
        Kind(
            "booking_moved", Audience.PATIENT, ("email", "sms"), Consent.VISIT, About.TIME, "2 minutes after the move",
        ),
        Kind(
            "booking_cancelled", Audience.PATIENT, ("email", "sms"), Consent.VISIT, About.CANCELLATION,
            "when the undo has ended",
        ),
        Kind(
            "reminder", Audience.PATIENT, ("email", "sms"), Consent.REMINDER, About.STEPS,
            "by mail two days before and by SMS the day before",
        ),
        Kind(
            "checkin", Audience.PATIENT, ("email", "sms"), Consent.REMINDER, About.STEPS, "two hours before",
        ),
        Kind(
            "visit_instructions", Audience.PATIENT, ("email", "sms"), Consent.VISIT, About.STEPS,
            "three days before at 17",
        ),
        Kind("aftercare", Audience.PATIENT, ("email", "sms"), Consent.VISIT, About.STEPS, "an hour after the end"),
        Kind("feedback", Audience.PATIENT, ("email", "sms"), Consent.FEEDBACK, About.STEPS, "the day after at noon"),
        Kind("service_offer", Audience.PATIENT, ("email", "sms"), Consent.OFFER, About.STEPS, "as its round says"),
        Kind(
            "visit_links", Audience.PATIENT, ("email", "sms"), Consent.VISIT, About.COMING,
            "when somebody asks for lost links",
        ),
        Kind("series_booked", Audience.PATIENT, ("email", "sms"), Consent.VISIT, About.SERIES, "at once"),
        Kind(
            "choose_new_time", Audience.PATIENT, ("email", "sms"), Consent.VISIT, About.CHOICE, "when the desk asks",
        ),
        Kind("desk_message", Audience.PATIENT, ("email", "sms"), Consent.VISIT, About.WORDS, "when the desk writes"),
        Kind("desk_answer", Audience.PATIENT, ("sms",), Consent.VISIT, About.NOTHING, "when the desk answers an SMS"),
        Kind("come_in", Audience.PATIENT, ("email", "sms"), Consent.VISIT, About.TURN, "when the desk calls them in"),
        Kind(
            "missed_call", Audience.PATIENT, ("sms",), Consent.VISIT, About.NOTHING, "when nobody answered their call",
        ),
        *_ANSWERS,
        Kind("desk_booked", Audience.LOCATION, ("email",), Consent.STAFF, About.TIME, "at once"),
        Kind("desk_moved", Audience.LOCATION, ("email",), Consent.STAFF, About.TIME, "2 minutes after the move"),
        Kind(
            "desk_cancelled", Audience.LOCATION, ("email",), Consent.STAFF, About.CANCELLATION,
            "when the undo has ended",
        ),
        Kind("low_score", Audience.STAFF, ("email",), Consent.STAFF, About.NOTHING, "when a patient was not happy"),
        Kind("month_page", Audience.STAFF, ("email",), Consent.STAFF, About.NOTHING, "on the first of the month"),
        Kind("incident", Audience.SERVER, ("email",), Consent.STAFF, About.NOTHING, "when something is wrong"),
        Kind("incident_over", Audience.SERVER, ("email",), Consent.STAFF, About.NOTHING, "when it is over"),
        Kind("test_mail", Audience.SERVER, ("email",), Consent.STAFF, About.NOTHING, "when somebody asks for it"),
    )
}  # fmt: skip


def announcing(audience: Audience) -> tuple[str, ...]:
    """Names of the kinds that tell this audience of a time."""
    return tuple(kind.name for kind in KINDS.values() if kind.audience is audience and kind.about is About.TIME)


FOR_THE_SERVER = tuple(kind.name for kind in KINDS.values() if kind.audience is Audience.SERVER)
"""These leave even while nothing is sent to people."""
