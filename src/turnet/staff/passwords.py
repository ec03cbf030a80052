"""Which passwords are taken: long ones that neither everybody nor everybody here would guess.

`common-passwords.txt` holds the first five thousand of the list of leaked passwords in zxcvbn-python 4.5.0 (MIT), in small
letters and sorted. They are compared without the digits and signs around them, so `Password2026!` is `password`.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from turnet.errors import Invalid

SHORTEST, LONGEST = 12, 128
"""Characters. Anything may stand in it, and nothing must."""
_OWN_LETTERS = 8
"""Of a password without the names that everybody here knows, so much must be left."""
_FEWEST_DIFFERENT = 5
_ROWS = ("1234567890", "0987654321", "abcdefghijklmnopqrstuvwxyz")
_ROUNDS = LONGEST // 10 + 2
_SPELLED_OUT = str.maketrans("0134578@$!", "oleastbasi")


def checked(password: str, known: Iterable[str] = (), field: str = "password") -> str:
    """The password as it is hashed. Raises Invalid: `too_short`, `too_long`, `common`, or `personal` for the `known` words."""
    password = normal(password)
    if len(password) < SHORTEST:
        raise Invalid({field: "too_short"})
    if len(password) > LONGEST:
        raise Invalid({field: "too_long"})
    if _common(password):
        raise Invalid({field: "common"})
    if _hardly_own(password, known):
        raise Invalid({field: "personal"})
    return password


def normal(password: str) -> str:
    """The same letters are the same password, whichever keyboard composed them."""
    return unicodedata.normalize("NFC", password)


def _common(password: str) -> bool:
    text = password.casefold()
    if len(set(text)) < _FEWEST_DIFFERENT or any(text in row * _ROUNDS for row in _ROWS):
        return True
    return any(_made_of_common(core) for core in _cores(text))


def _cores(text: str) -> set[str]:
    """The text, and its heart without digits and signs around it, as typed and with letters in place of look-alikes."""
    found = {text}
    for spelled in (text, text.translate(_SPELLED_OUT)):
        found |= {spelled, _stripped(spelled), _stripped(text).translate(_SPELLED_OUT)}
    return {core for core in found if core}


def _stripped(text: str) -> str:
    letters = [place for place, sign in enumerate(text) if sign.isalpha()]
    return text[letters[0] : letters[-1] + 1] if letters else ""


def _made_of_common(core: str) -> bool:
    """One of the list, two of them in a row, or one over and over."""
    words = _list()
    if core in words:
        return True
    if any(core[:cut] in words and core[cut:] in words for cut in range(4, len(core) - 3)):
        return True
    return any(
        len(core) % size == 0 and core == core[:size] * (len(core) // size) for size in range(1, len(core) // 2 + 1)
    )


def _hardly_own(password: str, known: Iterable[str]) -> bool:
    """Is little left without the words of four letters and more that stand in `known`?"""
    whole = left = "".join(sign for sign in password.casefold() if sign.isalnum())
    words = {word for text in (*known, "turnet") for word in _words(text) if len(word) > 3}
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "")
    return left != whole and len(left) < _OWN_LETTERS


def _words(text: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in text.casefold()).split()


@lru_cache(maxsize=1)
def _list() -> frozenset[str]:
    return frozenset((Path(__file__).parent / "common-passwords.txt").read_text().split())
