"""A score from 0 to 10 out of an SMS."""

import itertools
import re

from turnet.conversation.words import POLITE, Phrase, Sense, lexicon, phrases

_OF_TEN = re.compile(r"(?<=\d)\s*/\s*10\b")
_NOT_WHOLE = re.compile(r"\d\s*[.,:/-]\s*\d|(^|\s)[-\u2212]\d|\d[^\W\d_]|[^\W\d_]\d|[<>%\u20aa\u20ac$\u00a3]")
"""A decimal, an hour, a range, a fraction of something else, less than nothing, part of a word, money, more or less."""
_BEFORE = {*POLITE, Sense.LEAD, Sense.POINTER}
_ANSWERS = {Sense.YES, Sense.FINE, Sense.COMING, Sense.NO, Sense.CANNOT, Sense.OFF, Sense.HERE, Sense.REGRET}
_PRAISE = {Sense.PRAISE, Sense.FINE}
_OPENERS = {Sense.REMARK, Sense.PRAISE, Sense.FINE, Sense.YES, Sense.NO, Sense.ALL}
_PARTED_FIGURE = re.compile(r"^\D*\d+[^\S\n]*([^\w\s]|\n)")
_PARTED = re.compile(r"^\W*\w+\s*[,.;:!\n-]")


def score_of(text: str, language: str) -> int | None:
    """The one score that the text leads with, words after it being a comment; None when in doubt.

    A comment stands behind a comma or the like, or begins as one does.
    1 and 2 beside words that answer a reminder may be meant for that; so may 0 to 2 beside praise be no score.
    """
    text = _OF_TEN.sub(" ", text)
    said = _from_the_score_on(text, language)
    if not said or _NOT_WHOLE.search(text) is not None or (score := _number(said[0], language)) is None or score > 10:
        return None
    comment = [phrase for phrase in said[1:] if phrase.sense not in POLITE]
    if comment and not _is_comment(comment, score, language):
        return None
    spoken = not said[0].words.isdigit()
    if comment and spoken and (score == 1 or not _PARTED.search(text)):
        return None
    if comment and not spoken and not _PARTED_FIGURE.search(text) and not _opens(comment[0], score, language):
        return None
    return score


def says_more(text: str, language: str) -> bool:
    """Of a text that is a score: are there words after it, beyond politeness?"""
    return any(phrase.sense not in POLITE for phrase in _from_the_score_on(_OF_TEN.sub(" ", text), language)[1:])


def _from_the_score_on(text: str, language: str) -> list[Phrase]:
    said = [phrase for phrase in phrases(text, language) if phrase.sense is not Sense.TENTH]
    while said and said[0].sense in _BEFORE and _number(said[0], language) is None:
        del said[0]
    return said


def _number(phrase: Phrase, language: str) -> int | None:
    if re.fullmatch(r"0|[1-9]\d{0,3}", phrase.words):
        return int(phrase.words)
    return lexicon(language).numbers.get(phrase.words)


def _opens(first: Phrase, score: int, language: str) -> bool:
    """Without a comma what follows may count, or set a condition or an hour ("10 visits", "10 if", "10 tonight")."""
    return first.sense in _OPENERS or _number(first, language) == score


def _is_comment(comment: list[Phrase], score: int, language: str) -> bool:
    """Nothing in it makes the number before it anything but a score."""
    for phrase in comment:
        number = _number(phrase, language)
        spoken_one = number == 1 and not phrase.words.isdigit()
        if (number is not None and number != score and not spoken_one) or (number is None and phrase.words.isdigit()):
            return False
    if all(phrase.sense in {Sense.NO, Sense.DOUBTFUL} for phrase in comment):
        return False  # "10 not", "10 just kidding"
    if comment[0].sense in {Sense.UNIT, Sense.STOP} or any(phrase.sense is Sense.OFF for phrase in comment):
        return False
    if (Sense.STOP, Sense.TAIL) in itertools.pairwise(phrase.sense for phrase in comment):
        return False
    senses = [phrase.sense for phrase in comment]
    if score == 0:
        return not any(
            sense in _PRAISE and before is not Sense.NO for before, sense in itertools.pairwise([None, *senses])
        )
    return score > 2 or not (_ANSWERS | _PRAISE) & set(senses)
