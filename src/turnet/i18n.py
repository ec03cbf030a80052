"""gettext for pages and messages alike: the language of the moment is a context variable, set by whoever speaks.

A page speaks the visitor's language, a message its patient's. `_` and `ngettext` translate at once; never call them at
import time.
"""

import gettext as stdlib_gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

from turnet.paths import LOCALE


@dataclass(frozen=True, slots=True)
class Language:
    code: str
    own_name: str
    locale: str
    """Babel's name of it."""
    direction: str = "ltr"
    first_weekday: int = 0
    """Monday is 0."""


LANGUAGES = {
    "en": Language("en", "English", "en_GB"),
    "fi": Language("fi", "Suomi", "fi"),
    "he": Language("he", "עברית", "he", direction="rtl", first_weekday=6),
}

_speaking: ContextVar[str] = ContextVar("language", default="en")


def current() -> Language:
    return LANGUAGES[_speaking.get()]


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Everything inside is said in this language; one we do not ship falls back to English."""
    token = _speaking.set(language if language in LANGUAGES else "en")
    try:
        yield
    finally:
        _speaking.reset(token)


@cache
def _catalogue(language: str) -> stdlib_gettext.NullTranslations:
    return stdlib_gettext.translation("turnet", LOCALE, [language], fallback=language == "en")


def _(message: str) -> str:
    return _catalogue(_speaking.get()).gettext(message) if message else ""


def ngettext(one: str, many: str, count: int) -> str:
    return _catalogue(_speaking.get()).ngettext(one, many, count)


def pgettext(context: str, message: str) -> str:
    return _catalogue(_speaking.get()).pgettext(context, message)


def npgettext(context: str, one: str, many: str, count: int) -> str:
    return _catalogue(_speaking.get()).npgettext(context, one, many, count)


def best(accepted: str, offered: tuple[str, ...]) -> str:
    """The offered language that an `Accept-Language` header likes best; the first one when it names none."""
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted[:500].split(",")):
        code, _sep, q = part.strip().partition(";q=")
        try:
            weight = float(q) if q else 1.0
        except ValueError:
            continue
        code = {"iw": "he"}.get(code[:2].lower(), code[:2].lower())
        if code in offered and weight > 0:
            wishes.append((-weight, place, code))
    return min(wishes)[2] if wishes else offered[0]
