"""An answer that says one thing of one visit and another of the next: `A yes, B no`. Pure."""

import re
from collections.abc import Collection, Iterator

from turnet.conversation.meaning import Asked, Meaning, read
from turnet.conversation.normal import letter, normal

_SAID = frozenset({Meaning.YES, Meaning.HERE, Meaning.CANNOT})


def mixed(text: str, asked: Asked, *, language: str, letters: Collection[str]) -> bool:
    """Is every part of it clear by itself, with a letter, and somebody cannot while another can?"""
    words = re.findall(r"\d+|[^\W\d]+|\S", normal(text))
    for parts in (_parts(words, letters), _parts(words[::-1], letters)):
        readings = [read(" ".join(part), asked, language=language, letters=letters) for part in parts]
        meanings = {reading.meaning for reading in readings if reading.letters}
        clear = len(readings) > 1 and all(reading.letters and reading.meaning in _SAID for reading in readings)
        if clear and Meaning.CANNOT in meanings and len(meanings) > 1:
            return True
    return False


def _parts(words: list[str], letters: Collection[str]) -> Iterator[list[str]]:
    """From each letter to the next; what stands before the first is a part of its own."""
    part: list[str] = []
    for word in words:
        if letter(word) in letters and part:
            yield part
            part = []
        part.append(word)
    if part:
        yield part
