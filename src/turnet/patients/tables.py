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
