"""What an SMS can hold: plain punctuation, and how many parts a text takes on the air."""

import hashlib
import re

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("^{}\\[~]|€\f")
"""These take two places of the GSM-7 alphabet."""

_PLAIN = str.maketrans({
    "–": "-", "—": "-", "‑": "-", "−": "-", "־": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "…": "...",
    "\u202f": " ", "\u2009": " ",
    **dict.fromkeys("\u200b\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff"),
})  # fmt: skip
"""One dash from a word processor would more than halve what a part holds."""
_SPACES = re.compile("[^\\S\u00a0]+")


def plain(text: str) -> str:
    """The text on one line, without typographic characters or direction marks. A space that may not end a line stays one
    where the others hold no more either.
    """
    line = _SPACES.sub(" ", text.translate(_PLAIN)).strip()
    loose = line.replace("\u00a0", " ")
    return " ".join(loose.split()) if _fits(loose) else line


def gist(text: str) -> str:
    """16 characters by which a text is known again, whatever became of its spaces and capitals on the way."""
    return hashlib.sha256(" ".join(text.translate(_PLAIN).casefold().split()).encode()).hexdigest()[:16]


def parts(text: str) -> int:
    """How many SMS the text takes: GSM-7 when every character fits it, else UCS-2."""
    if _fits(text):
        return _count([1 + (character in _EXTENSION) for character in text], 160, 153)
    return _count([1 + (character > "\uffff") for character in text], 70, 67)


def _fits(text: str) -> bool:
    """GSM-7 has every character of it."""
    return _BASIC.issuperset(set(text) - _EXTENSION)


def _count(widths: list[int], alone: int, joined: int) -> int:
    """A character of two places is never cut in half between two parts."""
    if sum(widths) <= alone:
        return 1
    count, used = 1, 0
    for width in widths:
        if used + width > joined:
            count, used = count + 1, 0
        used += width
    return count
