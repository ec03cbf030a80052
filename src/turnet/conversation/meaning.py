"""What an SMS answer means, or that nobody can be sure: then a person reads it. Pure; never raises.

Every word of a text has to be known before it means anything: there is no looking for a word inside a text, so a
condition, a question, a time or another wish makes it unclear by being there.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from turnet.conversation.normal import letter, normal

__all__ = ["Asked", "Meaning", "Reading", "normal", "read"]


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

_YES = {"1", "yes", "כן", "kylla", "joo", "ok", "👍"}
_CANNOT = {"2", "no", "לא", "ei", "👎"}
_HERE = {"here", "הגעתי", "saavuin"}


def read(text: str, asked: Asked, *, language: str, letters: Collection[str] = ()) -> Reading:
    """What `text` means as an answer to `asked`; `language` is the patient's, `letters` are those asked about."""
    said = normal(text)
    if said in {"stop", "הסר", "lopeta"}:
        return Reading(Meaning.STOP)
    if asked is Asked.WHY:
        return Reading(Meaning.WORDS) if said else UNCLEAR
    if "?" in text or not said:
        return UNCLEAR
    if asked is Asked.SCORE:
        return Reading(Meaning.SCORE, score=int(said)) if said in map(str, range(11)) else UNCLEAR
    if asked in {Asked.WHICH, Asked.TIMES}:
        if letter(said) in (letters or ("A", "B", "C")):
            return Reading(Meaning.LETTERS, (letter(said) or "",))
        return Reading(Meaning.NONE_SUITS) if said == "2" and asked is Asked.TIMES else UNCLEAR
    if said in _HERE:
        return Reading(Meaning.HERE)
    if asked is Asked.NOTHING:
        return UNCLEAR
    if said in _YES:
        return Reading(Meaning.YES if asked is Asked.CONFIRM else Meaning.HERE)
    return Reading(Meaning.CANNOT) if said in _CANNOT else UNCLEAR
