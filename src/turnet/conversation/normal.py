"""Text as people type it, made comparable: one spelling for what looks or means the same."""

import re
import unicodedata

_DROPPED = {"Mn", "Me", "Cf"}
"""Accents, niqqud, harakat, keycaps and emoji selectors; bidi marks, joiners and soft hyphens."""
_CLOSED_UP = dict.fromkeys(map(ord, "'’‘`´ʼ׳״\"“”„"), None)
"""Apostrophes, geresh and quotation marks vanish: "can't" is one word, and so is צה"ל."""
_SKIN = dict.fromkeys(range(0x1F3FB, 0x1F400), None)
_TEN = {ord("\N{KEYCAP TEN}"): " 10 "}


def _bare(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if unicodedata.category(char) not in _DROPPED)


def _spelled(char: str) -> str:
    """A digit of any script as ASCII; an emoji stands alone; other signs part words."""
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category[0] in "LN":
        return char
    return f" {char} " if category == "So" else " "


def normal(text: str) -> str:
    """Words, digits and emoji in lower case with single spaces; accents, points, marks and punctuation gone."""
    folded = _bare(_bare(text.translate(_CLOSED_UP).translate(_SKIN).translate(_TEN)).casefold())
    return unicodedata.normalize("NFC", " ".join("".join(map(_spelled, folded.translate(_CLOSED_UP))).split()))


_BREAK = re.compile(r"[,;\n\u060c]|[.!:](?=\s|$)|\s[-\u2013\u2014]+\s")
_INFLECTED = re.compile(r"(?<!\w)([a-f]):n(?!\w)", re.IGNORECASE)
"""A letter in the Finnish accusative: "otan A:n"."""


def clauses(text: str) -> list[str]:
    """`normal` of what stands between commas, stops and line ends: "לא, אגיע" is not "לא אגיע"."""
    plain = _INFLECTED.sub(r"\1", _bare(text))
    return [clause for part in _BREAK.split(plain) if (clause := normal(part))]


_LATIN = "qwertyuiopasdfghjkl;'zxcvbnm,./"
_HEBREW = "/'קראטוןםפשדגכעיחלךף,זסבהנמצתץ."
_EDGES = re.compile(r"^[^\w,;/]+|[^\w,;/]+$")
"""Not the signs that are Hebrew letters on those keys, bar the full stop."""
_TO_HEBREW = str.maketrans(_LATIN, _HEBREW)
_TO_LATIN = str.maketrans(_HEBREW, _LATIN)
_ENGLISH = frozenset({"yes", "ok", "no", "stop", "start"})
"""What is worth reading so: most other short words are Hebrew ones as well, "nah" being silk."""


_SHORT = frozenset({"fi", "kt"})
"""כן and לא."""


def on_the_other_keys(text: str) -> str | None:
    """What the same keys give on the other of a Latin and a Hebrew keyboard: "fi" is כן, טקד is "yes".

    None where letters of both stand in it, or one alone, or two that may be an abbreviation: CT on those keys is בא.
    """
    typed = _EDGES.sub("", _bare(text).casefold())
    words = [word for word in typed.split() if not word.isdigit()]
    if not words or any(len(word) < 2 for word in words):
        return None
    letters = re.sub(r"[\W\d_]", "", "".join(words))
    if re.fullmatch("[a-z]+", letters) and (len(letters) > 2 or letters in _SHORT):
        return typed.translate(_TO_HEBREW)
    if re.fullmatch("[א-ת]+", letters) and (latin := typed.translate(_TO_LATIN)) in _ENGLISH:
        return latin
    return None


_LETTER_ALIKE = dict(zip("אבגדהабсαβابج", "ABCDEABCABABC", strict=True))
"""Hebrew and Arabic letters by their order, Cyrillic and Greek ones by their looks; not в, by looks B and by order C."""


def letter(token: str) -> str | None:
    """The upper-case Latin letter, A to F, that one written letter stands for, א and Cyrillic А being A."""
    if re.fullmatch("[a-f]", token):
        return token.upper()
    return _LETTER_ALIKE.get(token)
