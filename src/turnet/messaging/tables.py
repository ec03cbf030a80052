"""Schema of the outbox: the only truth about messages."""

from piccolo.columns import UUID, BigInt, ForeignKey, Integer, Serial, SmallInt, Text, Timestamptz, Varchar
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
    cost = BigInt(null=True, default=None)
    """Of an SMS that left: thousandths of a minor unit of the clinic's currency; null while the price is not known."""
    staff = Integer(null=True, default=None)
    """Who at the desk wrote it."""
    inbound = Integer(null=True, default=None)
    """The received SMS that it answers."""
    gist = Varchar(length=16, default="")
    """Of the text of an SMS that left, to know it when it comes back; the text itself is not kept."""


class OptOut(Table):
    """A number or an address that wants no messages of one purpose."""

    contact = Varchar(length=320)
    purpose = Varchar(length=12)
    """`reminders`, `feedback` or `offers`, as in `patients.tables.Consent`."""
    source = Varchar(length=8)
    """`sms`, `link`, `mail`, `desk` or `provider` (the carrier blocks us)."""
    at = Timestamptz(default=None)
    lifted_at = Timestamptz(null=True, default=None)
    """When they asked for them again; null: it holds."""


class Suspension(Table):
    """A number or an address to which nothing is sent, because nothing arrives there or a stranger answers."""

    contact = Varchar(length=320, unique=True)
    reason = Varchar(length=12)
    """`bounced`, `soft` (counted only, until there are too many) or `wrong_number`."""
    bounces = Integer(default=0)
    said = Varchar(length=200, default="")
    """The status code of the other side, such as `5.1.1`."""
    at = Timestamptz(default=None)
    message = UUID(null=True, default=None)
    """The outbox row that came back."""
    lifted_at = Timestamptz(null=True, default=None)
    """When staff said it is right again; null: it holds."""


class Texting(Table):
    """One row, id 1, once anybody changed what `turnet.messaging.texting.DEFAULTS` says."""

    id: Serial
    price = BigInt(null=True, default=None)
    """Of one part: thousandths of a minor unit; null: nobody said."""
    budget = BigInt(null=True, default=None)
    """Minor units a calendar month; null: no limit."""
    countries = Varchar(length=200, default="")
    """ISO 3166-1 codes with commas, to which SMS may go; empty: the clinic's own region."""
