"""What a message would say, read before anything is sent: the same templates, the same words, nothing written down."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from turnet.booking.model import Visit, visit_token
from turnet.clinic.model import Clinic
from turnet.feedback.model import feedback_token
from turnet.ids import signed
from turnet.messaging.compose import Composer
from turnet.messaging.manner import PLAIN, Manner
from turnet.messaging.outbox import Claimed
from turnet.messaging.sms_text import parts
from turnet.settings import Settings

_NO_KEY = b"preview"
"""The patient's link is made when the message leaves, so a preview has none to give away."""


@dataclass(frozen=True, slots=True)
class Preview:
    subject: str
    """Empty for an SMS."""
    text: str
    parts: int
    """How many SMS it takes; 0 for a mail."""


def preview(
    kind: str,
    visits: Sequence[Visit],
    clinic: Clinic,
    settings: Settings,
    *,
    channel: str,
    language: str,
    now: datetime,
    was: datetime | None = None,
    manner: Manner = PLAIN,
) -> Preview:
    """`channel` is `email` or `sms`, `visits` (by start) may be planned ones, `was` the start that was told before."""
    first = visits[0]
    recipient = first.email if channel == "email" else first.phone
    row = Claimed(
        id=uuid.UUID(int=0), kind=kind, channel=channel, recipient=recipient, language=language, booking=first.id,
        sequence=first.sequence, facts={}, due_at=now, not_after=now, attempts=1, lease="", lease_until=now,
    )  # fmt: skip
    subject, sent = Composer(settings, _NO_KEY).wording(row, visits, clinic, now=now, was=was, manner=manner)
    text = without_links(sent, _NO_KEY, row, visits, manner)
    return Preview(subject, text, parts(sent) if channel == "sms" else 0)


def without_links(text: str, key: bytes, row: Claimed, visits: Sequence[Visit], manner: Manner) -> str:
    """What only the patient gets of a link made with this key is an ellipsis."""
    visited = [visit_token(key, visit.public_id, visit.link_no) for visit in visits]
    for token in (*visited, signed(key, "u", row.id), feedback_token(key, manner.survey)):
        text = text.replace(token, "…")
    return text.strip()
