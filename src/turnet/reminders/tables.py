"""Schema of reminder duties."""

from piccolo.columns import UUID, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from turnet.booking.tables import Booking


class Step(Table):
    """One reminder duty of one visit: unique by visit, `visit_no`, rule and channel."""

    booking = ForeignKey(references=Booking, null=False, on_delete=OnDelete.cascade)
    visit_no = Integer(default=1)
    """The booking's when the step was made: a moved visit has new steps, and its old ones are dropped."""
    rule = Varchar(length=20)
    """Its name in `turnet.reminders.rules`."""
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
