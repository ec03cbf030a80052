"""The database itself refuses an overlap, whoever asks and whenever."""

from datetime import UTC, datetime

import pytest

from turnet.booking.tables import Claim, Occupancy
from turnet.clinic.tables import Resource
from turnet.db.engine import AnyEngine
from turnet.db.guards import NO_OVERLAP, translated
from turnet.db.transactions import fetch, tx
from turnet.errors import SlotTaken


@pytest.mark.parametrize("start,end", [(100, 130), (90, 101), (129, 140), (110, 120), (90, 140)])
async def test_guard_refuses_an_overlap(engine: AnyEngine, start: int, end: int) -> None:
    resource = Resource(kind="room")
    await resource.save()
    claim = Claim(kind="booking", public_id="one", made_at=datetime(2026, 12, 1, tzinfo=UTC))
    await claim.save()
    await Occupancy.insert(Occupancy(resource=resource.id, starts_at=100, ends_at=130, claim=claim.id))

    with pytest.raises(SlotTaken), translated(NO_OVERLAP, SlotTaken()):
        async with tx():
            await Occupancy.insert(Occupancy(resource=resource.id, starts_at=start, ends_at=end, claim=claim.id))

    assert await fetch("SELECT starts_at, ends_at FROM occupancy") == [(100, 130)]
