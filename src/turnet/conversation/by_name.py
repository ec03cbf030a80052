"""A family is answered for by name: "Onni cannot come". Pure."""

import re
from collections import Counter
from collections.abc import Mapping

from turnet.conversation.normal import normal

_WORD = re.compile(r"[^\W\d_]{2,}")


def lettered(text: str, names: Mapping[str, str]) -> str:
    """`text` with the letter of its question for each first name; `names`: letter → first name.

    A name that two of them have stays as it is, and so does whatever is no name.
    """
    known = {letter: normal(name) for letter, name in names.items()}
    often = Counter(known.values())
    letters = {name: letter for letter, name in known.items() if often[name] == 1}
    return _WORD.sub(lambda found: letters.get(normal(found[0]), found[0]), text)
