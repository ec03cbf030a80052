"""Writes of people: one function is one act is one transaction, split by act."""

from turnet.patients.service.consents import PURPOSES, agree
from turnet.patients.service.contacts import add_contact, remove_contact
from turnet.patients.service.create import create
from turnet.patients.service.edit import Draft, edit, keep, set_guardian
from turnet.patients.service.enrol import enrol
from turnet.patients.service.merge import match, merge, take_apart
from turnet.patients.service.seen import saw

__all__ = [
    "PURPOSES",
    "Draft",
    "add_contact",
    "agree",
    "create",
    "edit",
    "enrol",
    "keep",
    "match",
    "merge",
    "remove_contact",
    "saw",
    "set_guardian",
    "take_apart",
]
