"""Schema of people. A phone or an address may belong to several of them."""

from typing import Any

from piccolo.columns import Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table


class Patient(Table):
    public_id = Varchar(length=22, unique=True)
    name = Text()
    birth_year = Integer(null=True, default=None)
    guardian: ForeignKey[Any] = ForeignKey(
        references=LazyTableReference("Patient", module_path="turnet.patients.tables"),
        null=True,
        default=None,
        on_delete=OnDelete.set_null,
    )
    language = Varchar(length=8)
    provisional = Boolean(default=True)
    """Made by an anonymous booking; staff match or keep it."""
    created_at = Timestamptz(default=None)
    desk_note = Text(default="")
    """From staff for staff."""
    version = Integer(default=1)
    """Raised by every edit; a form decided on an older one is stale."""
    merged_into: ForeignKey[Any] = ForeignKey(
        references=LazyTableReference("Patient", module_path="turnet.patients.tables"),
        null=True,
        default=None,
        on_delete=OnDelete.set_null,
        index=True,
    )
    """The patient that this row turned out to be; its visits and contacts are there now."""
    indexed_at = Timestamptz(null=True, default=None)
    """When its search keys were written; null: not yet."""
    protected = Boolean(default=False)
    """Nobody is to ask this person anything, or show where they are: a protected address, a threat."""


class ContactPoint(Table):
    kind = Varchar(length=8)
    """`phone` or `email`."""
    value = Varchar(length=320, unique=True)
    """E.164 or the address in lower case: what messages go to."""
    raw = Varchar(length=320)  # type: ignore[assignment]  # the method of that name is not used here
    """As typed."""


class PatientContact(Table):
    patient = ForeignKey(references=Patient, null=False, on_delete=OnDelete.cascade, index=True)
    contact_point = ForeignKey(references=ContactPoint, null=False, on_delete=OnDelete.cascade, index=True)


class PatientKey(Table):
    """What finds a patient: each word of the name and parts of the numbers, folded so that accents and scripts agree."""

    patient = ForeignKey(references=Patient, null=False, on_delete=OnDelete.cascade, index=True)
    key = Varchar(length=64)


class PatientMerge(Table):
    """Two rows that were one person, and what has to be put back if they were not."""

    kept = ForeignKey(references=Patient, null=False, on_delete=OnDelete.cascade, index=True)
    gone = ForeignKey(references=Patient, null=False, on_delete=OnDelete.cascade, index=True)
    moved = Text(default="{}")
    """JSON of the ids of visits, contact points and children that went over."""
    staff = Integer(null=True, default=None)
    at = Timestamptz(default=None)
    undone_at = Timestamptz(null=True, default=None)


class Consent(Table):
    """What a person agreed to or refused, when, and through which door; the newest row of a purpose counts."""

    patient = ForeignKey(references=Patient, null=False, on_delete=OnDelete.cascade, index=True)
    purpose = Varchar(length=12)
    """`reminders`, `feedback` or `offers`."""
    given = Boolean(default=False)
    source = Varchar(length=12)
    """`web`, `desk` or `sms`."""
    actor = Varchar(length=40)
    at = Timestamptz(default=None)
