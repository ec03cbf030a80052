"""Thanks and the like, which nobody need answer or read. Pure."""

from turnet.conversation.meaning import QUESTION
from turnet.conversation.words import Sense, phrases

_THANKS = frozenset({Sense.THANKS, Sense.MEET})
_BESIDE = frozenset({Sense.FILLER, Sense.EASE, Sense.FINE})


def thanks(text: str, language: str) -> bool:
    """ "Thank you, see you then" and nothing else."""
    return QUESTION.search(text) is None and _only(text, language, _THANKS)


def content(text: str, language: str) -> bool:
    """As `thanks`; and "ok" or "great" alone, after which nothing is to be done."""
    return QUESTION.search(text) is None and _only(text, language, _THANKS | {Sense.FINE, Sense.EASE})


def _only(text: str, language: str, needed: frozenset[Sense]) -> bool:
    senses = {phrase.sense for phrase in phrases(text, language)}
    return bool(senses & needed) and senses <= _THANKS | _BESIDE
