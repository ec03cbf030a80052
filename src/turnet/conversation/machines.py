"""Who is no person: a machine never answers a machine. Pure."""

import re

from turnet.conversation.normal import normal

_PERSON = re.compile(r"\+[1-9][0-9]{7,14}")
"""E.164 of a telephone that somebody holds; names and short numbers belong to services."""

_BEGINS = tuple(
    normal(words)
    for words in (
        "auto reply", "autoreply", "automatic reply", "automatic response", "automated reply", "automated response",
        "auto response", "out of office", "i'm driving with do not disturb", "automaattinen vastaus", "automaattivastaus",
        "poissa toimistosta", "autosvar", "automatiskt svar", "מענה אוטומטי", "הודעה אוטומטית", "תשובה אוטומטית",
        "автоответ", "автоматический ответ",
    )
)  # fmt: skip
_ANYWHERE = tuple(
    normal(words)
    for words in (
        "this is an automated message", "do not reply to this message", "this mailbox is not monitored",
        "this number does not accept", "number not in service", "tähän viestiin ei voi vastata", "אין להשיב להודעה זו",
        "לא ניתן להשיב להודעה זו",
    )
)  # fmt: skip
"""What telephones and services say by themselves. Nothing that a person might write: that would be overlooked."""


def is_person(sender: str) -> bool:
    """May the number be somebody's telephone?"""
    return _PERSON.fullmatch(sender) is not None


def automatic(text: str) -> bool:
    """Does a telephone or a service say this by itself?"""
    said = f" {normal(text)} "
    return said.startswith(tuple(f" {words} " for words in _BEGINS)) or any(f" {words} " in said for words in _ANYWHERE)
