"""Sentences of ours with names in them."""

from markupsafe import Markup

from turnet.i18n import _


def worded(sentence: str, **parts: object) -> Markup:
    """A translated sentence with its parts filled in; what is not markup already is escaped."""
    return Markup(sentence) % parts  # noqa: S704  (the sentence is ours, from the catalogue)


def named(name: object) -> Markup:
    """A name, kept apart from the direction of what surrounds it."""
    return Markup("<bdi>{}</bdi>").format(name)


def listed(parts: list[Markup]) -> Markup:
    return Markup(", ").join(parts)


def message_names() -> dict[str, str]:
    """What the desk calls a message, by its kind."""
    return {
        "booking_confirmed": _("Confirmation"), "booking_moved": _("New time"), "booking_cancelled": _("Cancellation"),
        "reminder": _("Reminder"), "visit_links": _("Lost link"), "choose_new_time": _("Choose a new time"),
        "series_booked": _("Confirmation"), "come_in": _("Come in now"),
        "checkin": _("Check-in"), "visit_instructions": _("Instructions"), "aftercare": _("After the visit"),
        "feedback": _("Question afterwards"), "service_offer": _("Offer"), "desk_message": _("From the desk"),
        "desk_answer": _("From the desk"), "missed_call": _("Missed call"),
    }  # fmt: skip
