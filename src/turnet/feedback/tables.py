"""Schema of what patients said afterwards."""

from piccolo.columns import ForeignKey, Integer, Serial, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from turnet.booking.tables import Booking
from turnet.patients.tables import Patient


class Feedback(Table):
    """One question about one visit, asked at most once, and its answer."""

    id: Serial
    public_id = Varchar(length=22, unique=True)
    booking = ForeignKey(references=Booking, null=False, unique=True, on_delete=OnDelete.cascade)
    patient = ForeignKey(references=Patient, null=False, on_delete=OnDelete.cascade, index=True)
    """Who came; a guardian may have answered."""
    token_hash = Varchar(length=64, unique=True)
    """Of the link `/f/{token}`."""
    contact = Varchar(length=320)
    """Who was asked; they are left alone for a while."""
    channel = Varchar(length=8)
    """`sms` or `email`: how it was asked …"""
    answered_by = Varchar(length=8, default="")
    """… and how it was answered: `sms` or `link`; empty: not yet."""
    score = SmallInt(null=True, default=None)
    """0 to 10."""
    comment = Text(default="")
    asked_at = Timestamptz(default=None)
    scored_at = Timestamptz(null=True, default=None)
    commented_at = Timestamptz(null=True, default=None)
    state = Varchar(length=12, default="new")
    """Of the comment or a low score: `new`, `called_back` or `done`."""
    staff = Integer(null=True, default=None)
    """Who changed the state last."""
    version = Integer(default=1)


class Survey(Table):
    """One row, id 1, once anybody changed what `turnet.feedback.model.DEFAULTS` says."""

    id: Serial
    sample = SmallInt(default=100)
    """Per cent of the visits that are asked about."""
    rest_days = Integer(default=30)
    """How long nobody is asked again."""
    alarm_at = SmallInt(default=6)
    """A score of this or less tells the owner and the managers."""
