"""What an SMS answer means, or that nobody can be sure: then a person reads it. Pure; never raises.

Every word of a text has to be known before it means anything: there is no looking for a word inside a text, so a
condition, a question, a time or another wish makes it unclear by being there.
"""

import itertools
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from turnet.conversation.normal import normal, on_the_other_keys
from turnet.conversation.score import score_of
from turnet.conversation.words import POLITE, Phrase, Sense, phrases

__all__ = ["QUESTION", "UNCLEAR", "Asked", "Meaning", "Reading", "normal", "read"]


class Asked(StrEnum):
    """What the open question is: `prompt.kind`."""

    CONFIRM = "confirm"
    """1 coming, 2 cannot."""
    CHECKIN = "checkin"
    """1 here, 2 cannot."""
    WHICH = "which"
    """A letter, or several, of those asked about."""
    TIMES = "times"
    """A letter takes that time, 2 takes none of them."""
    SCORE = "score"
    """0 to 10."""
    WHY = "why"
    """Free words."""
    NOTHING = "nothing"
    """No question is open."""


class Meaning(StrEnum):
    """What a person wants to say."""

    YES = "yes"
    """They come. Under CHECKIN too: "ok" and "on my way" do not say that they are here."""
    CANNOT = "cannot"
    HERE = "here"
    LETTERS = "letters"
    """The letters they name, under WHICH and TIMES."""
    SCORE = "score"
    WORDS = "words"
    """Free words where free words were asked for (WHY)."""
    NONE_SUITS = "none_suits"
    STOP = "stop"
    START = "start"
    """Lift an opt-out."""
    UNCLEAR = "unclear"
    """A person has to read it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A meaning and what comes with it."""

    meaning: Meaning
    letters: tuple[str, ...] = ()
    """Upper-case Latin, in alphabetical order; with YES, HERE and CANNOT only if the person names some: else all."""
    score: int | None = None
    wants_out: bool = False
    """With STOP: the word also says that they want to cancel a visit; a person has to see it."""


UNCLEAR = Reading(Meaning.UNCLEAR)

QUESTION = re.compile("[?\u00bf\u037e\u055e\u061f\u203d\u2047-\u2049\u2753\u2754\ufe56\uff1f]")
_NO_DIGIT = re.compile(r"\d\s*[./:+-]\s*\d|[%\u20aa\u20ac$\u00a3]")
"""A date, an hour, a fraction, a choice, money."""


def read(text: str, asked: Asked, *, language: str, letters: Collection[str] = ()) -> Reading:
    """What `text` means as an answer to `asked`; `language` is the patient's, `letters` are those asked about.

    Without letters, WHICH and TIMES ask about A, B and C.
    """
    if not letters and asked in {Asked.WHICH, Asked.TIMES}:
        letters = ("A", "B", "C")
    reading = _read(text, asked, language, letters)
    if reading != UNCLEAR or language != "he" or asked is Asked.SCORE or QUESTION.search(text) is not None:
        return reading
    retyped = on_the_other_keys(text)
    return reading if retyped is None else _read(retyped, asked, language, letters)


def _read(text: str, asked: Asked, language: str, letters: Collection[str]) -> Reading:
    if QUESTION.search(text) is None:
        about_messages = _about_messages(phrases(text, language), asked)
        if about_messages is not None:
            return about_messages
    if asked is Asked.WHY:
        return Reading(Meaning.WORDS) if re.search(r"[^\d\s]", normal(text)) else UNCLEAR
    if QUESTION.search(text) is not None:
        return UNCLEAR
    if asked is Asked.SCORE:
        score = score_of(text, language)
        return UNCLEAR if score is None else Reading(Meaning.SCORE, score=score)
    if _NO_DIGIT.search(text) is not None:
        return UNCLEAR
    return _answer(phrases(text, language, letters), asked, letters)


def _about_messages(said: list[Phrase], asked: Asked) -> Reading | None:
    """STOP, START or CANCEL if the text is that word, or leads with it and goes on about messages.

    Who says "cancel please" when asked about a visit says no carrier's word, and means the visit.
    """
    plain = [phrase.sense for phrase in said if phrase.sense not in POLITE]
    if not plain:
        return None
    if plain[0] is Sense.STOP and set(plain[1:]) <= {Sense.STOP, Sense.TAIL}:
        return Reading(Meaning.STOP)
    if plain == [Sense.CANCEL] and (len(said) == 1 or asked not in _ABOUT_SOME):
        return Reading(Meaning.STOP, wants_out=True)
    return Reading(Meaning.START) if plain == [Sense.START] else None


@dataclass(frozen=True, slots=True)
class _Rule:
    """Of the senses of a text one is in `needs`, and the others are in `needs` or `beside`."""

    meaning: Meaning
    needs: frozenset[Sense]
    beside: frozenset[Sense] = frozenset()

    def fits(self, senses: frozenset[Sense]) -> bool:
        return bool(senses & self.needs) and senses <= self.needs | self.beside


def _rule(meaning: Meaning, needs: str, beside: str = "") -> _Rule:
    return _Rule(meaning, *(frozenset(map(Sense, names.split())) for names in (needs, beside)))


_RULES: dict[Asked, tuple[_Rule, ...]] = {
    Asked.CONFIRM: (
        _rule(Meaning.HERE, "here", "1 yes fine ease"),
        _rule(Meaning.YES, "1 yes coming", "fine meet ease"),
        _rule(Meaning.YES, "fine", "meet"),
        _rule(Meaning.CANNOT, "2 no cannot", "regret"),
        _rule(Meaning.CANNOT, "off", "2 regret"),
        _rule(Meaning.CANNOT, "cancel", "regret"),
    ),
    Asked.CHECKIN: (
        _rule(Meaning.HERE, "here", "1 yes fine ease"),
        _rule(Meaning.HERE, "1 yes", "fine ease"),
        _rule(Meaning.YES, "coming", "1 yes fine meet ease"),
        _rule(Meaning.YES, "fine", "meet"),
        _rule(Meaning.CANNOT, "2 cannot", "no regret"),
        _rule(Meaning.CANNOT, "off", "2 regret"),
        _rule(Meaning.CANNOT, "cancel", "regret"),
    ),
    Asked.WHICH: (_rule(Meaning.LETTERS, "letter", "only and both"), _rule(Meaning.LETTERS, "both all")),
    Asked.TIMES: (
        _rule(Meaning.LETTERS, "letter", "yes fine coming take only ease"),
        _rule(Meaning.NONE_SUITS, "2 no none cannot", "regret"),
    ),
    Asked.NOTHING: (_rule(Meaning.HERE, "here"),),
}
"""The first that fits. `no` and `off` never fit together: "en peru" calls nothing off; nor do two `off`: "peru peruutus"."""
_ABOUT_SOME = {Asked.CONFIRM, Asked.CHECKIN}
"""Where letters beside an answer say whom it is about."""
_WHOM = {Sense.LETTER, Sense.AND, Sense.BOTH, Sense.ALL}
_FIGURES = {Sense.ONE, Sense.TWO}
_IN_WORDS = {Sense.YES, Sense.FINE, Sense.COMING, Sense.NO, Sense.CANNOT, Sense.OFF, Sense.HERE}
_EVERYBODY = frozenset({Sense.BOTH, Sense.ALL})
_AFTER: Mapping[Sense | None, Collection[Sense | None]] = {
    Sense.NO: {Sense.THANKS, Sense.REGRET, Sense.NO, Sense.CANNOT, Sense.TWO, None},
    Sense.POINTER: {Sense.ONE, Sense.TWO, Sense.LETTER},
    Sense.AND: {Sense.LETTER},
}
"""What may come next, None being the end. A bare no negates what follows it."""


def _answer(said: list[Phrase], asked: Asked, asked_letters: Collection[str]) -> Reading:
    senses = frozenset(phrase.sense for phrase in said) - POLITE - {Sense.POINTER}
    named = tuple(sorted({phrase.words for phrase in said if phrase.sense is Sense.LETTER}))
    order = [phrase.sense for phrase in said]
    if (
        not _in_order(order)
        or (asked_letters and _may_count(order))
        or not _whom_is_clear(senses, named, asked_letters)
    ):
        return UNCLEAR
    if asked in _ABOUT_SOME:
        if asked is Asked.CHECKIN and senses and senses <= _WHOM:
            return Reading(Meaning.HERE, named)
        senses -= _WHOM
    elif senses & _EVERYBODY and not named:
        named = tuple(sorted(asked_letters))
    meaning = next((rule.meaning for rule in _RULES[asked] if rule.fits(senses)), Meaning.UNCLEAR)
    if meaning is Meaning.UNCLEAR or (asked is Asked.TIMES and len(named) > 1):
        return UNCLEAR
    return Reading(meaning, named)


def _in_order(senses: list[Sense]) -> bool:
    return senses.count(Sense.OFF) < 2 and all(
        (before not in _AFTER or after in _AFTER[before]) and (after is not Sense.AND or before is Sense.LETTER)
        for before, after in itertools.pairwise([None, *senses, None])
    )


def _may_count(order: list[Sense]) -> bool:
    """May a figure mean one of several ("option 2"), or an hour ("מגיע ב 1"), or a letter be a word ("surely a yes")?"""
    senses = set(order)
    pointed = any(before is Sense.POINTER and after in _FIGURES for before, after in itertools.pairwise(order))
    amid = any(
        before in _IN_WORDS and between is Sense.LETTER and after in _IN_WORDS
        for before, between, after in zip(order, order[1:], order[2:], strict=False)
    )
    alone = order.count(Sense.LETTER) == 1
    return (
        pointed or (alone and amid) or (Sense.LETTER in senses and bool(senses & _FIGURES) and bool(senses & _IN_WORDS))
    )


def _whom_is_clear(senses: frozenset[Sense], named: tuple[str, ...], asked_letters: Collection[str]) -> bool:
    """Who says "both" means two, and names none or those two; "all cannot come" may mean that not all can."""
    if not senses & _EVERYBODY:
        return True
    if senses & {Sense.NO, Sense.CANNOT, Sense.TWO, Sense.OFF, Sense.CANCEL}:
        return False
    if named:
        return Sense.ALL not in senses and len(named) == 2
    return len(asked_letters) == 2 if Sense.BOTH in senses else len(asked_letters) > 1
