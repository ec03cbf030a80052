"""A round as a sentence, and what it would have cost last month."""

from collections import Counter
from collections.abc import Mapping
from datetime import time

from turnet.clinic.model import Clinic
from turnet.format import clock_time, money
from turnet.i18n import _, ngettext
from turnet.messaging.texting import THOUSANDTHS, Policy
from turnet.reminders.model import Round, RoundKind
from turnet.reminders.would import Way
from turnet.web.desk.seat import Seat

MINUTES = 60


def kind_names() -> dict[RoundKind, tuple[str, str]]:
    """What a kind is called, and what it is for."""
    return {
        RoundKind.REMINDER: (_("Reminder"), _("Says when the visit is")),
        RoundKind.CHECKIN: (_("Check-in"), _("Asks for a 1 when they are here")),
        RoundKind.INSTRUCTIONS: (_("Instructions"), _("How to prepare for the visit")),
        RoundKind.AFTERCARE: (_("After the visit"), _("What is good to know afterwards")),
        RoundKind.FEEDBACK: (_("Question afterwards"), _("How likely they are to recommend you")),
        RoundKind.OFFER: (_("Offer"), _("Your own words, only to those who agreed to offers")),
    }


def sentence(round: Round, seat: Seat) -> str:
    """`Two days before, at the time of the visit, by e-mail.` and what else it heeds."""
    parts = [_("%(when)s, %(how)s.") % {"when": when(round), "how": how(round)}]
    if round.only_unconfirmed:
        parts.append(_("Only visits that are not confirmed."))
    if round.answers:
        parts.append(_("Asks for an answer by SMS."))
    for only, name in _scope(round, seat.clinic, seat):
        parts.append(only % {"name": name})
    text = " ".join(parts)
    return text[:1].upper() + text[1:]


def _scope(round: Round, clinic: Clinic, seat: Seat) -> list[tuple[str, str]]:
    found = []
    if round.location is not None:
        found.append((_("Only at %(name)s."), str(seat.text(clinic.location(round.location).name))))
    if round.service is not None:
        found.append((_("Only for %(name)s."), str(seat.text(clinic.service(round.service).name))))
    return found


def when(round: Round) -> str:
    if round.at_minute is not None:
        at = clock_time(time(*divmod(round.at_minute, MINUTES)))
        return _on_a_day(round.days) % {"num": abs(round.days), "time": at}
    if round.days:
        return _days_off(round.days) % {"num": abs(round.days)}
    return _hours(round.minutes) if round.minutes else _("right at the end of the visit")


def _on_a_day(days: int) -> str:
    if days == 0:
        return _("on the day itself at %(time)s")
    if days < 0:
        return ngettext("the day before at %(time)s", "%(num)d days before at %(time)s", -days)
    return ngettext("the day after at %(time)s", "%(num)d days after at %(time)s", days)


def _days_off(days: int) -> str:
    if days < 0:
        return ngettext(
            "the day before at the time of the visit", "%(num)d days before at the time of the visit", -days
        )
    return ngettext("the day after at the time of the visit", "%(num)d days after at the time of the visit", days)


def _hours(minutes: int) -> str:
    count = abs(minutes)
    if count % MINUTES:
        before = ngettext("%(num)d minute before", "%(num)d minutes before", count)
        after = ngettext("%(num)d minute after the end", "%(num)d minutes after the end", count)
    else:
        count //= MINUTES
        before = ngettext("%(num)d hour before", "%(num)d hours before", count)
        after = ngettext("%(num)d hour after the end", "%(num)d hours after the end", count)
    return (before if minutes < 0 else after) % {"num": count}


def how(round: Round) -> str:
    names = {
        ("email",): _("by e-mail"),
        ("sms",): _("by SMS"),
        ("email", "sms"): _("by e-mail, or by SMS where there is no address"),
        ("sms", "email"): _("by SMS, or by e-mail where there is no number"),
    }
    if round.fallback:
        names |= {
            ("email", "sms"): _("by e-mail, or by SMS where there is no address or it does not arrive"),
            ("sms", "email"): _("by SMS, or by e-mail where there is no number or it does not arrive"),
        }
    return names[round.channels]


def cost(ways: Counter[Way], parts: Mapping[str, int], decided: Policy, currency: str) -> str:
    """`parts`: how many parts an SMS takes, by language."""
    mails = sum(count for way, count in ways.items() if way.channel == "email")
    texts = sum(count for way, count in ways.items() if way.channel == "sms")
    if not mails and not texts:
        return _("Last month it would have gone to nobody.")
    pieces = sum(count * parts.get(way.language, 1) for way, count in ways.items() if way.channel == "sms")
    said = []
    if mails:
        said.append(ngettext("%(num)d e-mail", "%(num)d e-mails", mails) % {"num": mails})
    if texts:
        said.append(
            _("%(count)s in %(parts)s")
            % {
                "count": ngettext("%(num)d SMS", "%(num)d SMS", texts) % {"num": texts},
                "parts": ngettext("%(num)d part", "%(num)d parts", pieces) % {"num": pieces},
            }
        )
    what = _("Last month it would have been %(what)s at most.") % {"what": ", ".join(said)}
    if not texts:
        return what
    price = decided.cost(pieces)
    if price is None:
        more = _("The price of a part is not set yet.")
    else:
        more = _("That costs about %(money)s.") % {"money": money(round_up(price), currency)}
    return f"{what} {more}"


def round_up(thousandths: int) -> int:
    """Minor units."""
    return -(-thousandths // THOUSANDTHS)
