"""The clinic everybody is reminded by, and a count of statements."""

import asyncio

import pytest

from tests.db.booking.conftest import statements  # noqa: F401  (a fixture)
from tests.factories import a_clinic
from turnet.clinic.model import Clinic
from turnet.db.engine import AnyEngine


@pytest.fixture
def clinic(engine: AnyEngine, loop: asyncio.Runner) -> Clinic:
    return loop.run(a_clinic())
