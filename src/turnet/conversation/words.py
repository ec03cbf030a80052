"""The words of `words.toml`, and a text taken apart into them: every word is known, or the text says so."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from turnet.conversation.normal import clauses, letter, normal


class Sense(StrEnum):
    """What one phrase says; `words.toml` explains each."""

    YES = "yes"
    FINE = "fine"
    COMING = "coming"
    NO = "no"
    CANNOT = "cannot"
    OFF = "off"
    HERE = "here"
    MEET = "meet"
    REGRET = "regret"
    THANKS = "thanks"
    FILLER = "filler"
    EASE = "ease"
    POINTER = "pointer"
    DOUBTFUL = "doubtful"
    STOP = "stop"
    TAIL = "tail"
    START = "start"
    CANCEL = "cancel"
    NONE = "none"
    TAKE = "take"
    BOTH = "both"
    ALL = "all"
    AND = "and"
    ONLY = "only"
    LEAD = "lead"
    UNIT = "unit"
    TENTH = "tenth"
    PRAISE = "praise"
    REMARK = "remark"
    ONE = "1"
    TWO = "2"
    LETTER = "letter"
    UNKNOWN = "unknown"


POLITE = frozenset({Sense.THANKS, Sense.FILLER})
"""Says nothing by itself."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A stretch of a text and what it says."""

    sense: Sense
    words: str
    """As `normal` gives it; of a LETTER the upper-case Latin one."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What the phrases say to somebody whose language is known."""

    senses: Mapping[tuple[str, ...], Sense]
    numbers: Mapping[str, int]
    longest: int


_ORDER = ("en", "fi", "sv", "ru", "ar", "he")
_STRETCHED = re.compile(r"([^\W\d])\1{2,}")
_STRETCHABLE = {Sense.YES, Sense.FINE, Sense.COMING, Sense.HERE, *POLITE}
"""A stretched "yesss" is a yes; a stretched "nooo" may be a groan."""
_TWO_WAYS = {"he": frozenset("cd")}
"""Keys that carry another of the asked letters on that language's keyboard: c is ב, d is ג."""


@cache
def _data() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def _expanded(pattern: str) -> Iterator[str]:
    """Every phrase that "(a|b|) c" stands for; brackets may stand in brackets."""
    inner = re.search(r"\(([^()]*)\)", pattern)
    if inner is None:
        yield pattern
        return
    for choice in inner[1].split("|"):
        yield from _expanded(pattern[: inner.start()] + choice + pattern[inner.end() :])


@cache
def _listed(language: str) -> dict[tuple[str, ...], Sense]:
    """Every phrase of one language as its words."""
    return {
        tuple(normal(phrase).split()): Sense(sense)
        for sense, patterns in _data()[language].items()
        if sense != "numbers"
        for pattern in patterns
        for phrase in _expanded(pattern)
    }


@cache
def lexicon(language: str) -> Lexicon:
    """All languages together; where they disagree the patient's own decides, then English."""
    senses: dict[tuple[str, ...], Sense] = {("1",): Sense.ONE, ("2",): Sense.TWO}
    numbers: dict[str, int] = {}
    for name in dict.fromkeys(name for name in ("signs", language, *_ORDER) if name in _data()):
        senses = _listed(name) | senses
        numbers = {normal(word): value for word, value in _data()[name].get("numbers", {}).items()} | numbers
    return Lexicon(senses, numbers, max(map(len, senses)))


def _words(clause: str, known: Lexicon) -> list[str]:
    """Numbers part from the letters they lean on: "1a", "10min". Stretched words give way to the plain one."""
    parts = re.findall(r"\d+|[^\W\d]+|\S", clause)
    return [_plain(word, known) if _STRETCHED.search(word) else word for word in parts]


def _plain(word: str, known: Lexicon) -> str:
    for shorter in (_STRETCHED.sub(r"\1\1", word), _STRETCHED.sub(r"\1", word)):
        if known.senses.get((shorter,)) in _STRETCHABLE:
            return shorter
    return word


def _letters(word: str, language: str, letters: Collection[str]) -> list[Phrase]:
    """The asked letter that a word is: "א", "b", or "וב" (and B)."""
    if word in _TWO_WAYS.get(language, ()):
        return [Phrase(Sense.DOUBTFUL, word)]
    if len(word) == 2 and word[0] == "ו" and (other := letter(word[1])) is not None and other in letters:
        return [Phrase(Sense.AND, "ו"), Phrase(Sense.LETTER, other)]
    if (one := letter(word)) is None:
        return []
    return [Phrase(Sense.LETTER, one)] if one in letters else [Phrase(Sense.UNKNOWN, word)]


def phrases(text: str, language: str, letters: Collection[str] = ()) -> list[Phrase]:
    """The text from left to right, the longest phrase first, one UNKNOWN for each word nobody listed."""
    known = lexicon(language)
    found: list[Phrase] = []
    for clause in clauses(text):
        words = _words(clause, known)
        while words:
            size = _longest(words, known)
            lettered = _letters(words[0], language, letters) if size <= 1 and letters else []
            sense = known.senses.get(tuple(words[:size]), Sense.UNKNOWN)
            found += lettered or [Phrase(sense, " ".join(words[: max(size, 1)]))]
            del words[: max(size, 1)]
    return found


def _longest(words: list[str], known: Lexicon) -> int:
    """How many words the longest phrase at the start has; 0 if there is none."""
    return next(
        (size for size in range(min(known.longest, len(words)), 0, -1) if tuple(words[:size]) in known.senses), 0
    )
