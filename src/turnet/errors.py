"""Everything that can go wrong in the domain, mapped to HTTP once (`web.kit.errors`).

TurnetError
├── Invalid          422  a form or body field is wrong; `fields` says which and why
├── NotOffered       422  off the grid, past, closed or beyond the horizon
├── SlotTaken        409  offered by rule, but somebody has it now
├── TooLate          409  past the last moment to move or cancel
├── Stale            409  somebody changed it since it was read
├── NotAllowed       409  the visit's state does not allow this act
├── KeyReused        422  the same idempotency key with another body
├── InProgress       409  the first request with this key has not finished
├── NotFound         404  unknown token, slug or id
│   └── NotYours     404  there, but not for this person: it looks the same from outside
├── NotSignedIn      401  nobody is logged in, or no longer
├── TooMany          429  a limit per address, contact or day
└── Unavailable      503  the disk is full or the database cannot be written
"""

from collections.abc import Mapping
from typing import Any


class TurnetError(Exception):
    """Facts go to the log and the template; the text for people comes from `code`."""

    code = "error"
    status = 400

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(f"{self.code} {facts}" if facts else self.code)


class Invalid(TurnetError):
    """`fields` maps a field's name to a message code, such as `{"phone": "too_short"}`."""

    code, status = "invalid", 422

    def __init__(self, fields: Mapping[str, str], **facts: Any) -> None:
        self.fields = dict(fields)
        super().__init__(fields=self.fields, **facts)


class NotOffered(TurnetError):
    code, status = "not_offered", 422


class SlotTaken(TurnetError):
    code, status = "slot_taken", 409


class TooLate(TurnetError):
    code, status = "too_late", 409


class Stale(TurnetError):
    code, status = "stale", 409


class NotAllowed(TurnetError):
    code, status = "not_allowed", 409


class KeyReused(TurnetError):
    code, status = "key_reused", 422


class InProgress(TurnetError):
    code, status = "in_progress", 409


class NotFound(TurnetError):
    code, status = "not_found", 404


class NotYours(NotFound):
    """Staff asked for something outside what their role reaches."""

    code = "not_yours"


class NotSignedIn(TurnetError):
    code, status = "not_signed_in", 401


class TooMany(TurnetError):
    code, status = "too_many", 429


class Unavailable(TurnetError):
    code, status = "unavailable", 503
