"""Schema of the audit; the database refuses to change or delete a row."""

from piccolo.columns import ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from turnet.booking.tables import Booking
from turnet.patients.tables import Patient


class AuditEntry(Table):
    at = Timestamptz(default=None, index=True)
    """Real time."""
    actor = Varchar(length=40, index=True)
    """`staff:<id>`, `patient`, `api` or `system`."""
    act = Varchar(length=40)
    patient = ForeignKey(references=Patient, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    booking = ForeignKey(references=Booking, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    staff = Integer(null=True, default=None, index=True)
    """The account that was acted on."""
    facts = Text(default="{}")
    """JSON of ids, states and counts; never names, addresses, notes or secrets."""
