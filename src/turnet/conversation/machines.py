"""Who is no person: a machine never answers a machine. Pure."""

import re

from turnet.conversation.normal import normal

_PERSON = re.compile(r"\+[1-9][0-9]{7,14}")
"""E.164 of a telephone that somebody holds; names and short numbers belong to services."""

_AUTOMATIC = tuple(
    normal(words)
    for words in (
        "auto reply", "autoreply", "automatic reply", "automatic response", "automated message", "automated response",
        "automated reply", "auto response", "out of office", "do not reply to this message", "this mailbox is not monitored",
        "this number does not accept", "i'm driving with do not disturb", 
        "sent automatically", "message not delivered", "number not in service",
        "automaattinen vastaus", "automaattivastaus", "automaattinen viesti", "poissa toimistosta", 
        "tähän viestiin ei voi vastata", "ajan autoa enkä voi vastata", "autosvar", "automatiskt svar",
        "מענה אוטומטי", "הודעה אוטומטית", "תשובה אוטומטית", "אין להשיב להודעה זו", "לא ניתן להשיב להודעה זו", 
        "автоответ", "автоматический ответ",
    )
)  # fmt: skip
"""What telephones and services say by themselves. Nothing that a person might write: that would go unread."""


def is_person(sender: str) -> bool:
    """May the number be somebody's telephone?"""
    return _PERSON.fullmatch(sender) is not None


def automatic(text: str) -> bool:
    """Does a telephone or a service say this by itself?"""
    said = f" {normal(text)} "
    return any(f" {words} " in said for words in _AUTOMATIC)
