"""Schema of the outbox: the only truth about messages."""

from piccolo.columns import UUID, ForeignKey, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from turnet.booking.tables import Booking


class Message(Table):
    id = UUID(primary_key=True)
    """Also the Message-ID and the provider's idempotency key."""
    dedupe = Varchar(length=160, unique=True)
    """Such as `booking_confirmed:<booking>:<sequence>:email`: a second row for the same duty is impossible."""
    kind = Varchar(length=40)
    channel = Varchar(length=8)
    """`email` or `sms`."""
    recipient = Varchar(length=320)
    language = Varchar(length=8)
    booking = ForeignKey(references=Booking, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    sequence = Integer(default=0)
    """The booking's sequence that this message speaks of; an older one is skipped when it is due."""
    facts = Text(default="{}")
    """JSON of what cannot be read from the booking at send time."""
    state = Varchar(length=10, default="queued", index=True)
    due_at = Timestamptz(default=None, index=True)
    """Business time."""
    not_after = Timestamptz(default=None)
    """Business time; past it the row fails rather than arrives too late."""
    lease = Varchar(length=36, null=True, default=None)
    lease_until = Timestamptz(null=True, default=None)
    """Real time."""
    attempts = Integer(default=0)
    provider_id = Varchar(length=200, null=True, default=None)
    """What the server that took it calls it; reports of its delivery name it."""
    parts = SmallInt(null=True, default=None)
    """How many parts an SMS took on the air."""
    reported_at = Timestamptz(null=True, default=None)
    """Real time of the last report of its delivery."""
    error = Text(null=True, default=None)
    created_at = Timestamptz(default=None)
    finished_at = Timestamptz(null=True, default=None)
