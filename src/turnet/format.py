"""Dates, times and money the way each language writes them. Instants are shown in the clinic's zone, always."""

from datetime import UTC, date, datetime, time
from functools import lru_cache

from babel.dates import format_date, format_skeleton, get_day_names
from babel.dates import format_time as babel_time
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision, get_currency_symbol

from turnet.i18n import current

_CLOCK = {"fi": "H.mm"}


def clock_time(at: datetime | time) -> str:
    """`09:30`, in Finnish `9.30`."""
    return _clock_time(at.hour, at.minute, current().code)


@lru_cache(maxsize=4096)
def _clock_time(hour: int, minute: int, language: str) -> str:
    return babel_time(time(hour, minute), _CLOCK.get(language, "HH:mm"), locale=current().locale)


def _skeleton(name: str, day: date) -> str:
    return format_skeleton(name, datetime.combine(day, time(12), UTC), locale=current().locale)


def day_long(day: date) -> str:
    """By itself: `Tuesday 1 December`, `tiistai 1. joulukuuta`, `יום שלישי, 1 בדצמבר`."""
    return _day_long(day, {"en": "EEEE d MMMM", "fi": "cccc d. MMMM", "he": "EEEE, d בMMMM"}[current().code])


def on_day_long(day: date) -> str:
    """In a sentence, on that day: as `day_long`, but `tiistaina 1. joulukuuta`."""
    return _day_long(day, {"en": "EEEE d MMMM", "fi": "EEEE d. MMMM", "he": "EEEE, d בMMMM"}[current().code])


@lru_cache(maxsize=4096)
def _day_long(day: date, pattern: str) -> str:
    return format_date(day, pattern, locale=current().locale)


def day_short(day: date) -> str:
    """`Tue 1 Dec`, `ti 1.12.`, `יום ג׳, 1.12`."""
    return _day_short(day, current().code)


@lru_cache(maxsize=4096)
def _day_short(day: date, language: str) -> str:
    return _skeleton("MEd" if language == "he" else "MMMEd", day)


def month_name(day: date) -> str:
    """`December`, `joulukuu`, `דצמבר`."""
    return format_date(day, "LLLL", locale=current().locale)


def weekday_short(weekday: int) -> str:
    """Monday is 0: `Mo`, `ma`, `ב׳`."""
    return str(get_day_names("short", "stand-alone", locale=current().locale)[weekday])


def number(count: int) -> str:
    """`2,243`, `2 243`."""
    return str(format_decimal(count, locale=current().locale))


def percent(share: float) -> str:
    """Of 1, in whole per cent as our sentences write it: `65 %`, in Hebrew `65%`."""
    pattern = "#,##0%" if current().code == "he" else "#,##0\u00a0%"
    return str(format_percent(share, pattern, locale=current().locale))


def money(minor: int, currency: str) -> str:
    """Minor units as `79 €`: no decimals when there are none to show, and `₪` rather than `ILS` in every language."""
    amount = minor / 10 ** get_currency_precision(currency)
    whole = amount == int(amount)
    written = format_currency(
        amount,
        currency,
        format=None if not whole else {"en": "¤#,##0", "fi": "#,##0\u00a0¤", "he": "#,##0\u00a0¤"}[current().code],
        locale=current().locale,
        currency_digits=not whole,
    )
    return written.replace(currency, get_currency_symbol(currency, "en"))
