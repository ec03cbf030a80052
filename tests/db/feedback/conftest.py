"""Counting statements, on either engine."""

from tests.db.booking.conftest import statements  # noqa: F401  (a fixture for these tests too)
