"""Counting statements, and a telephone to talk with, on either engine."""

from tests.db.booking.conftest import statements  # noqa: F401  (a fixture for these tests too)
from tests.db.conversation.conftest import talk  # noqa: F401  (a fixture for these tests too)
