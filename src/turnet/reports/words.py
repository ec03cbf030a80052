"""Estimates and advice in sentences, for the page and for the mail alike."""

from collections.abc import Sequence
from decimal import Decimal
from math import floor, log10

from babel.numbers import format_currency, get_currency_precision, get_currency_symbol

from turnet.clinic.model import Clinic
from turnet.feedback.stats import Tally
from turnet.format import money, number
from turnet.i18n import _, current, ngettext
from turnet.messaging.texting import THOUSANDTHS
from turnet.reports.advice import Advice
from turnet.reports.model import Baseline, Gain, Range, Use


def spent(use: Use, clinic: Clinic) -> str:
    """`27 € for 300 SMS`; without a price the number of parts, which is what gateways charge for."""
    count = ngettext("%(n)s SMS", "%(n)s SMS", use.messages) % {"n": number(use.messages)}
    if not use.parts:
        return _("nothing")
    if use.unpriced:
        return _("%(count)s in %(parts)s; the price of a part is not set") % {
            "count": count,
            "parts": _parts(use.parts),
        }
    return _("%(money)s for %(count)s") % {
        "money": money(round(use.cost / THOUSANDTHS), clinic.currency),
        "count": count,
    }


def _parts(count: int) -> str:
    return ngettext("%(n)s part", "%(n)s parts", count) % {"n": number(count)}


def about(found: Range) -> str:
    """`about 20 (11 to 32)`."""
    return _("about %(likely)s (%(low)s to %(high)s)") % {
        "likely": _signed(found.likely),
        "low": _signed(found.low),
        "high": _signed(found.high),
    }


def _signed(value: float) -> str:
    """A minus stays before its number in a line of Hebrew too."""
    whole = round(value)
    return f"\u200e\u2212{number(-whole)}" if whole < 0 else number(whole)


def desk(found: Gain, clinic: Clinic) -> str:
    """`about 270 minutes (180 to 360), worth about €140 (€90 to €180)`."""
    low, likely, high = (
        number(round(part)) for part in (found.desk_minutes.low, found.desk_minutes.likely, found.desk_minutes.high)
    )
    if not round(found.desk_minutes.high):
        return ngettext("%(n)s minute", "%(n)s minutes", 0) % {"n": 0}
    minutes = _("about %(likely)s minutes (%(low)s to %(high)s)") % {"likely": likely, "low": low, "high": high}
    return minutes if found.desk_money is None else _worth(minutes, about_money(found.desk_money, clinic))


def _worth(what: str, much: str) -> str:
    return _("%(what)s, worth %(money)s") % {"what": what, "money": much}


def about_money(found: Range, clinic: Clinic) -> str:
    """To two figures: an estimate has no cents."""
    unit = 10 ** get_currency_precision(clinic.currency)
    likely, low, high = (
        money(_rough(part / unit) * unit, clinic.currency) for part in (found.likely, found.low, found.high)
    )
    return _("about %(likely)s (%(low)s to %(high)s)") % {"likely": likely, "low": low, "high": high}


def _rough(amount: float) -> int:
    """`914` is about `910`, `1975` about `2000`."""
    return int(round(amount, min(0, 1 - floor(log10(abs(amount)))))) if abs(amount) >= 1 else 0


def chairs(found: Gain, clinic: Clinic) -> str:
    if found.chairs is None:
        return _("nobody has said yet how many were missed before")
    if not found.chairs.certain:
        return _("%(chairs)s: too few to be sure") % {"chairs": about(found.chairs)}
    if found.chairs_money is None:
        return about(found.chairs)
    return _worth(about(found.chairs), about_money(found.chairs_money, clinic))


def outside(use: Use) -> str:
    return _("%(outside)s of %(all)s online bookings") % {
        "outside": number(use.outside_hours),
        "all": number(use.booked_online),
    }


def price(thousandths: int, currency: str) -> str:
    """Of one part: `€0.079`, `0,079 €`, with as many decimals as there are."""
    amount = Decimal(thousandths) / THOUSANDTHS / 10 ** get_currency_precision(currency)
    pattern = {"en": "¤0.00###", "fi": "0.00###\u00a0¤", "he": "\u200f0.00###\u00a0\u200f¤"}[current().code]
    written = format_currency(amount, currency, format=pattern, locale=current().locale, currency_digits=False)
    return str(written).replace(currency, get_currency_symbol(currency, "en"))


def prices(found: Sequence[tuple[int | None, int]], currency: str) -> str:
    """`€0.079 for 2,011 parts, €0.08 for 12 parts`: of each part what it cost when it was sent."""
    return ", ".join(
        (_("not said for %(count)s") if each is None else _("%(money)s for %(count)s"))
        % {"money": "" if each is None else price(each, currency), "count": _parts(count)}
        for each, count in found
    )


def checkin_time(before: Baseline) -> str:
    seconds = before.checkin_seconds
    if not seconds:
        return _("a minute to two, unless you measured it")
    return ngettext("%(n)s second, a third more or less", "%(n)s seconds, a third more or less", seconds) % {
        "n": seconds
    }


def opinion(found: Tally) -> str:
    """`NPS 62 (48 to 71) from 84 answers`; below a few answers only their number."""
    count = ngettext("%(n)s answer", "%(n)s answers", found.answered) % {"n": found.answered}
    if found.nps is None:
        return _("%(answers)s, too few for a score") % {"answers": count}
    scores = {name: _signed(getattr(found.nps, name)) for name in ("score", "low", "high")}
    return _("NPS %(nps)s (%(low)s to %(high)s) from %(answers)s") % {
        "nps": scores["score"],
        "low": scores["low"],
        "high": scores["high"],
        "answers": count,
    }


def to_do(one: Advice) -> str:
    return {
        Advice.MARK: _("Mark visits as done or not come: without that nobody can say what reminders save."),
        Advice.PRICE: _("Write down what an SMS costs you, so that this page can say what is left."),
        Advice.BASELINE: _("Say once how many visits a month you had before, and how many were missed."),
        Advice.CALL_BACK: _("Call back the patients who were not happy: some are still waiting."),
        Advice.NUMBERS: _("Look at the numbers that SMS did not reach: the inbox lists them."),
        Advice.ANSWERS: _("Let reminders ask for an answer: more than one visit in twenty was missed."),
        Advice.CHECKIN: _("Switch on checking in by SMS: it frees a minute or two at the desk each time."),
        Advice.FEEDBACK: _("Ask patients how it went: switch on the feedback round."),
        Advice.NOTHING: _("Nothing: all is well. Tell the team."),
    }[one]
