"""Writes of people: one function is one act is one transaction, split by act."""

from turnet.patients.service.create import create
from turnet.patients.service.enrol import enrol

__all__ = ["create", "enrol"]
