"""Schema of reminder duties."""

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Serial, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from turnet.booking.tables import Booking
from turnet.clinic.tables import Location, Service


class Step(Table):
    """One reminder duty of one visit: unique by visit, `visit_no`, rule and channel."""

    booking = ForeignKey(references=Booking, null=False, on_delete=OnDelete.cascade)
    visit_no = Integer(default=1)
    """The booking's when the step was made: a moved visit has new steps, and its old ones are dropped."""
    rule = Varchar(length=20)
    """Name of its round."""
    channel = Varchar(length=8)
    due_at = Timestamptz(default=None)
    """Business time, quiet hours and rest days heeded; of a missed step, when it was found to be too late."""
    state = Varchar(length=8, default="waiting")
    """`waiting`, `taken` (a message carries it), `dropped` (not true, or not needed) or `missed` (too late to be of use)."""
    message = UUID(null=True, default=None)
    """The outbox row that carries it; how that ended is how the step ended."""
    reason = Varchar(length=80, default="")
    """Why it was dropped or missed."""
    created_at = Timestamptz(default=None)


class Round(Table, tablename="message_round"):
    """One rule by which visits are written about; `step.rule` holds its name."""

    id: Serial
    name = Varchar(length=20, unique=True)
    """Never changes."""
    kind = Varchar(length=12)
    """`reminder`, `checkin`, `instructions`, `aftercare`, `feedback` or `offer`."""
    location = ForeignKey(references=Location, null=True, default=None, on_delete=OnDelete.cascade)
    service = ForeignKey(references=Service, null=True, default=None, on_delete=OnDelete.cascade)
    """Only visits there, or for that; null: all."""
    channels = Varchar(length=20)
    """`email`, `sms`, `email,sms` or `sms,email`: the first that leads to somebody."""
    fallback = Boolean(default=False)
    """Does the next channel try when the first fails?"""
    days = Integer(default=0)
    """Local days from the visit's date, negative before it."""
    at_minute = Integer(null=True, default=None)
    """Minute of that local day; null: the visit's own wall time …"""
    minutes = Integer(default=0)
    """… with this many minutes added: negative ones count from its start, positive ones from its end."""
    only_unconfirmed = Boolean(default=False)
    answers = Boolean(default=False)
    """Asks for an answer by SMS; otherwise it carries a link."""
    text = Text(default="{}")
    """JSON {language: text} of an offer."""
    active = Boolean(default=False)
    position = Integer(default=0)
    version = Integer(default=1)
