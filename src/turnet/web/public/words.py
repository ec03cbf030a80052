"""Small phrases that more than one public page says."""

from datetime import date, datetime, timedelta

from babel import Locale
from markupsafe import Markup

from turnet.clinic.model import Clinic, Service
from turnet.format import clock_time, money
from turnet.i18n import _, current, ngettext
from turnet.web.kit.jinja import day_at, stamp


def near(day: date, today: date) -> str:
    """`Today`, `Tomorrow`, or nothing."""
    return {today: _("Today"), today + timedelta(days=1): _("Tomorrow")}.get(day, "")


def when(at: datetime, today: date) -> str:
    """`today at 13:40`, `tomorrow at 08:20`, `Thu 3 Dec at 09:20`: inside a sentence."""
    day, time = at.date(), clock_time(at)
    if day == today:
        return _("today at %(time)s") % {"time": time}
    if day == today + timedelta(days=1):
        return _("tomorrow at %(time)s") % {"time": time}
    return day_at(at)


def when_tag(at: datetime, today: date) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(stamp(at), when(at, today))


def _together(text: str) -> str:
    """A figure and its unit stay on one line."""
    return text.replace(" ", "\u00a0")


def minutes(count: int) -> str:
    return _together(ngettext("%(num)d min", "%(num)d min", count) % {"num": count})


def price(service: Service, clinic: Clinic) -> str:
    return _together(money(service.price, clinic.currency)) if service.price else _("free of charge")


def free(count: int) -> str:
    return ngettext("%(num)d free", "%(num)d free", count) % {"num": count}


def language_name(code: str) -> str:
    """A spoken language in the page's language: `Finnish`, `suomi`, `פינית`."""
    return str(Locale.parse(current().locale).languages.get(code, code))


def facts(service: Service, clinic: Clinic) -> str:
    """`30 min, 79 €`."""
    return f"{minutes(service.rules.minutes)}, {price(service, clinic)}"


def why_cancelled() -> dict[str, str]:
    """What may be tapped after cancelling, by its code."""
    return {
        "time": _("The time does not suit"),
        "ill": _("I am ill"),
        "not_needed": _("No longer needed"),
        "elsewhere": _("I go somewhere else"),
    }
