"""Times held for somebody, and everybody who is faster or slower than their letter. Controls take the protection away."""

import asyncio
import sys
from typing import Any

import pytest

from tests.db.booking.acts import ANNA, OMAR, THURSDAY_0920, a_wish, an_act, overlaps, staff, stored
from tests.factories import a_clinic
from tests.races.crowd import EVERYTHING, Strip, all_at_once, the_only_winner, winners
from turnet.booking import queries, service
from turnet.booking.model import Visit
from turnet.booking.service.offer import Offered
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine

offer = sys.modules["turnet.booking.service.offer"]


async def _offered(clinic: Clinic, clock: FrozenClock) -> tuple[Visit, list[Offered]]:
    booked = await service.book(an_act(clock), clinic, a_wish(clinic, THURSDAY_0920, by="sanna"), ANNA, once="")
    return booked.visit, await service.offer_times(an_act(clock), clinic, booked.visit)


async def test_a_letter_against_web_bookings_of_the_held_time(
    engine: AnyEngine, clock: FrozenClock, strip: Strip, protected: bool
) -> None:
    clinic = await a_clinic()
    visit, offered = await _offered(clinic, clock)
    if not protected:
        await strip(*EVERYTHING)

    results = await all_at_once(
        [
            *(service.book(an_act(clock), clinic, offered[0].wish, OMAR, once="") for _ in range(6)),
            service.take_offer(an_act(clock), clinic, visit.id, offered[0].claim),
            *(service.book(an_act(clock), clinic, offered[0].wish, OMAR, once="") for _ in range(6)),
        ]
    )

    await the_only_winner(results, protected=protected)
    if protected:
        assert (await queries.visit_by_id(visit.id)).starts_at == offered[0].start


async def test_offers_against_web_bookings_of_the_same_times(
    engine: AnyEngine, clock: FrozenClock, strip: Strip, protected: bool
) -> None:
    clinic = await a_clinic()
    visit, offered = await _offered(clinic, clock)
    await service.drop_offers([one.claim for one in offered])
    if not protected:
        await strip(*EVERYTHING)

    results = await all_at_once(
        act
        for one in offered
        for act in (
            service.offer_times(an_act(clock), clinic, visit),
            service.book(an_act(clock), clinic, one.wish, OMAR, once=""),
        )
    )

    assert winners(results) != []
    assert (await overlaps() == 0) == protected


async def test_two_letters_at_once_move_it_once_at_a_time(engine: AnyEngine, clock: FrozenClock) -> None:
    """Both were held for it: the later one wins, and nothing else stays taken but what is still offered."""
    clinic = await a_clinic()
    visit, offered = await _offered(clinic, clock)

    results = await all_at_once(
        service.take_offer(an_act(clock), clinic, visit.id, one.claim) for one in offered for _ in range(2)
    )

    now = await queries.visit_by_id(visit.id)
    assert (len(winners(results)), now.visit_no, now.starts_at in {one.start for one in offered}) == (3, 4, True)
    assert (await stored("count(*) FROM claim"), await overlaps()) == ([(1,)], 0)


@pytest.mark.parametrize("looks", [True, False], ids=["protected", "control"])
async def test_one_letter_twice(
    engine: AnyEngine, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, looks: bool
) -> None:
    """The control takes what it read before the first one had it."""
    clinic = await a_clinic()
    visit, offered = await _offered(clinic, clock)
    if not looks:
        known = await offer._offered(an_act(clock), clinic, visit, offered[0].claim)

        async def as_before(*_: Any) -> Any:
            return known

        monkeypatch.setattr(offer, "_offered", as_before)

    await all_at_once(service.take_offer(an_act(clock), clinic, visit.id, offered[0].claim) for _ in range(4))

    assert ((await queries.visit_by_id(visit.id)).visit_no == 2 and await _occupied(visit)) == looks


async def _occupied(visit: Visit) -> bool:
    """Does the visit's claim occupy what its row says?"""
    rows = await stored(f"count(*) FROM booking b JOIN occupancy o ON o.claim = b.claim WHERE b.id = {visit.id}")
    return rows[0][0] > 0


async def test_a_letter_against_the_desk_that_moves_the_visit(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit, offered = await _offered(clinic, clock)
    elsewhere = a_wish(clinic, "2026-12-03T14:00+02:00", by="sanna")

    results = await all_at_once(
        [
            service.take_offer(an_act(clock), clinic, visit.id, offered[0].claim),
            service.move(staff(clock), clinic, visit.id, elsewhere),
        ]
    )

    now = await queries.visit_by_id(visit.id)
    assert (len(winners(results)), now.visit_no, await overlaps()) == (2, 3, 0)
    assert await _occupied(visit)


async def test_a_letter_against_the_desk_that_cancels(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit, offered = await _offered(clinic, clock)

    await all_at_once(
        [
            service.cancel(staff(clock), clinic, visit.id),
            service.take_offer(an_act(clock), clinic, visit.id, offered[0].claim),
        ]
    )

    assert ((await queries.visit_by_id(visit.id)).state.value, await overlaps()) == ("cancelled", 0)


async def test_a_letter_against_the_end_of_its_time(engine: AnyEngine, clock: FrozenClock) -> None:
    """Half take it a moment before it ends, half tidy and book a moment after: one of them has it."""
    clinic = await a_clinic()
    visit, offered = await _offered(clinic, clock)
    before = an_act(clock)
    clock.advance(minutes=30)

    results = await asyncio.gather(
        service.take_offer(before, clinic, visit.id, offered[0].claim),
        service.sweep(clock.now(), clock.real()),
        service.book(an_act(clock), clinic, offered[0].wish, OMAR, once=""),
        return_exceptions=True,
    )

    has = [result for result in (results[0], results[2]) if not isinstance(result, BaseException)]
    assert (len(has), await overlaps()) == (1, 0)
