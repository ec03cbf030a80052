"""The templates' environment: autoescaped, strict about names, speaking the language of the moment."""

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import phonenumbers
from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from turnet import format as formats
from turnet.i18n import LANGUAGES, _, current, ngettext, npgettext, pgettext
from turnet.paths import TEMPLATES
from turnet.web.kit import assets

_DAY_MONTH = {"en": "d MMMM", "fi": "d. MMMM", "he": "d בMMMM"}


def weekday(day: date) -> str:
    """`Thursday`, `torstai`, `יום חמישי`."""
    return format_date(day, "cccc", locale=current().locale)


def day_month(day: date) -> str:
    """`3 December`, `3. joulukuuta`, `3 בדצמבר`."""
    return format_date(day, _DAY_MONTH[current().code], locale=current().locale)


def day_at(at: datetime) -> str:
    """`Thu 3 Dec at 09:20`, `to 3.12. klo 9.20`, `יום ה׳, 3.12 בשעה 09:20`."""
    return _("%(day)s at %(time)s") % {"day": formats.day_short(at.date()), "time": formats.clock_time(at)}


def upper_first(text: str) -> str:
    """A sentence or heading begins with a capital where the script has them: Finnish day names do not."""
    return text[:1].upper() + text[1:]


def icon(name: str, *, flip: bool = False) -> Markup:
    """A decoration from `icons.svg`; whatever it means stands beside it in words. `flip` turns it in Hebrew."""
    classes = ' class="flip"' if flip else ""
    return Markup(f'<svg aria-hidden="true"{classes}><use href="{assets.icons().url}#{escape(name)}"/></svg>')


@lru_cache(maxsize=256)
def phone(number: str, region: str) -> str:
    """As people of the clinic's country write it: `030 000 0116`. What cannot be read stays as it is."""
    try:
        read = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.NATIONAL)


@lru_cache(maxsize=64)
def prose(text: str) -> Markup:
    """The clinic's own text: Markdown without raw HTML, images or invented links."""
    return Markup(_markdown().render(text))


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "linkify": False}).disable(["image", "html_inline", "html_block"])


def stamp(at: datetime) -> str:
    """What `<time datetime>` and the API write: `2026-12-01T09:30:00+02:00`."""
    return at.isoformat(timespec="seconds")


_FILTERS: dict[str, Callable[..., Any]] = {
    "clock": formats.clock_time,
    "day_long": formats.day_long,
    "day_short": formats.day_short,
    "month_name": formats.month_name,
    "day_at": day_at,
    "weekday": weekday,
    "weekday_short": formats.weekday_short,
    "day_month": day_month,
    "money": formats.money,
    "number": formats.number,
    "percent": formats.percent,
    "phone": phone,
    "prose": prose,
    "stamp": stamp,
    "upper_first": upper_first,
}


@lru_cache(maxsize=1)
def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    env.install_gettext_callables(_, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext)  # type: ignore[attr-defined]
    env.filters.update(_FILTERS)
    env.globals.update(icon=icon, languages=LANGUAGES, assets=assets)
    return env
