"""What a visit's people were told, will be told, or were not told and why, as the desk reads it."""

from collections.abc import Iterable
from dataclasses import dataclass

from turnet.booking import messages as announced
from turnet.feedback import model as feedback
from turnet.i18n import _
from turnet.messaging import channels, held, limits, matter, outbox, refusals, texting
from turnet.messaging.deliver import ANOTHER_QUESTION
from turnet.reminders import rules, steps
from turnet.reminders.model import Told
from turnet.reminders.queries import NOTHING_LEFT
from turnet.web.desk.seat import Seat
from turnet.web.desk.wording import message_names
from turnet.web.kit.jinja import day_at

_NEVER = frozenset({"skipped", "cancelled", "dropped", "missed"})


@dataclass(frozen=True, slots=True)
class Line:
    """One message or one that never was."""

    what: str
    by: str
    fate: str
    failed: bool
    unsent: bool


def lines(seat: Seat, told: Iterable[Told]) -> list[Line]:
    names, by = message_names(), {"sms": _("text message"), "email": _("e-mail")}
    return [
        Line(
            names.get(one.kind) or (_("Our answer") if one.kind.startswith("answer_") else _("Message")),
            by.get(one.channel, ""),
            _fate(seat, one),
            one.state == "failed",
            one.state in _NEVER,
        )
        for one in told
    ]


def _fate(seat: Seat, told: Told) -> str:
    when = day_at(seat.local(told.at))
    if told.state in _NEVER:
        return _("not sent: %(why)s") % {"why": why(told.why)} if told.why else _("not sent")
    said = {
        "waiting": _("goes %(when)s"),
        "queued": _("leaves %(when)s"),
        "sending": _("leaves %(when)s"),
        "sent": _("sent %(when)s"),
        "delivered": _("delivered %(when)s"),
        "unknown": _("perhaps sent %(when)s"),
        "failed": _("did not arrive: call"),
    }[told.state] % {"when": when}
    return said + (_(", %(n)s parts") % {"n": told.parts} if told.parts and told.parts > 1 else "")


def why(reason: str) -> str:
    """A reason that the code keeps in English, in the reader's language; one that nobody translated stays as it is."""
    return known(reason) or reason


def known(reason: str) -> str:
    """As `why`; empty for what another server said in words of its own."""
    return _("it did not leave in time") if reason.startswith(outbox.TOO_LATE) else _reasons().get(reason, "")


def _reasons() -> dict[str, str]:
    return _of_rounds() | _of_feedback() | _of_the_visit() | _of_the_contact()


def _of_the_visit() -> dict[str, str]:
    return {
        outbox.VISIT_CANCELLED: _("the visit was cancelled"),
        announced.MOVED_UNTOLD: _("the visit was moved"),
        announced.ANOTHER_CONTACT: _("the visit has changed since"),
        matter.CHANGED_SINCE: _("the visit has changed since"),
        matter.MOVED_SINCE: _("the visit was moved"),
        matter.NOT_COMING: _("no visit is coming any more"),
        NOTHING_LEFT: _("no visit is coming any more"),
        matter.NOBODY_COMES: _("no visit is coming any more"),
        matter.NO_WAIT: _("they are not waiting any more"),
        matter.UNDONE: _("the cancellation was undone"),
        matter.BACK_AGAIN: _("the visit is back where they know it to be"),
        matter.NOTHING_SENT: _("nothing had been sent that needed taking back"),
        matter.LEADS_NOWHERE: _("the server’s address for patients is not set"),
        held.SENT_BEFORE: _("it may have left before the backup was put back"),
    }


def _of_the_contact() -> dict[str, str]:
    nothing_arrives = _("nothing arrives at this number or address")
    return {
        limits.SPENT: _("the month’s budget for SMS is spent"),
        limits.TOO_OFTEN: _("too many SMS to this number"),
        limits.TOO_ALIKE: _("many new numbers that look alike"),
        limits.TOO_MANY: _("many SMS to whoever called or wrote"),
        refusals.REFUSED: _("whoever has this contact wants no such messages"),
        refusals.SUSPENDED.format("bounced"): nothing_arrives,
        refusals.SUSPENDED.format("wrong_number"): _("a stranger has the number"),
        channels.NOT_IN_USE: nothing_arrives,
        channels.NO_NUMBER: _("this is no telephone number"),
        texting.NO_NUMBER: _("this is no telephone number"),
        texting.ABROAD: _("no SMS go to that country"),
        texting.NOT_MOBILE: _("this telephone takes no SMS"),
        ANOTHER_QUESTION: _("another question to this telephone was open"),
    }


def _of_feedback() -> dict[str, str]:
    return {
        feedback.NOT_THERE: _("the visit did not take place"),
        feedback.PROTECTED: _("this person is asked nothing"),
        feedback.A_CHILD: _("they are a child, and the contact is not the guardian’s"),
        feedback.ASKED_LATELY: _("they were asked a short while ago"),
        feedback.REFUSED: _("they want no questions"),
        feedback.NOT_SAMPLED: _("not every visit is asked about"),
    }


def _of_rounds() -> dict[str, str]:
    return {
        rules.TOLD_JUST_NOW: _("the confirmation had just said it"),
        rules.TOO_NEAR: _("it would come too shortly before the visit"),
        rules.FOLLOWED: _("another reminder goes at about the same time"),
        rules.ALL_REST: _("every day before the visit is a day of rest"),
        rules.ALL_REST_AFTER: _("the days after the visit are days of rest"),
        rules.FOLDED: _("the reminder says it, because it would come at night"),
        rules.STARTED_LATER: _("this round was switched on later"),
        steps.MOVED: _("the visit was moved"),
        steps.CANCELLED: _("the visit was cancelled"),
        steps.BEGUN: _("the visit had begun"),
        steps.NOT_COME: _("nobody came"),
        steps.NOT_MARKED: _("nobody marked that the visit took place"),
        steps.NOBODY_THERE: _("there was no number or address for it"),
        steps.NOTHING_ARRIVES: _("nothing arrives at this number or address"),
        steps.TOO_LATE: _("it would have come too late"),
        steps.OFF: _("this round was switched off"),
        steps.CONFIRMED: _("the visit was confirmed"),
        steps.IN_DOUBT: _("they said that they cannot come"),
        steps.UNWRITTEN: _("there is no text for this reason of a visit"),
        steps.ONE_A_DAY: _("somebody else of the family is asked"),
        steps.REFUSED: _("they want no reminders"),
        steps.NO_FEEDBACK: _("they want no questions"),
        steps.NO_OFFERS: _("they have not agreed to offers"),
    }
