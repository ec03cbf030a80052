"""Any story of booking, holding, waiting, cancelling, moving, overbooking, blocking and taking back leaves a diary in which nobody meets anybody."""

import asyncio
import shutil
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.db.booking.acts import ANNA, OTHER, OWNER, an_act, overlaps, staff, stored
from tests.factories import TUESDAY, a_clinic, at
from turnet.booking import queries, service
from turnet.booking.model import Wish
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clinic.queries import load
from turnet.clock import FrozenClock
from turnet.db.engine import bind, engine_for
from turnet.db.transactions import effects_done, tx
from turnet.errors import NotAllowed, NotOffered, SlotTaken, TooLate, TurnetError
from turnet.scheduling.spans import Span
from turnet.settings import Settings

DAY = date(2026, 12, 3)
STARTS = [at(f"2026-12-03T{hour:02}:{minute:02}+02:00") for hour in (8, 9, 10) for minute in (0, 20, 40)]
"""Two dentists, two rooms and nine starts, so that most wishes collide."""

starts = st.sampled_from(STARTS)
owners = st.sampled_from([OWNER, OTHER])
services = st.sampled_from(["check-up", "root-canal"])
people = st.sampled_from(["", "sanna", "pekka"])
some = st.integers(0, 30)
rooms = st.sampled_from(["room-1", "room-2"])


class Undecided(Exception):
    """Rolls a rehearsal back."""


async def loaded() -> Clinic:
    clinic = await load()
    assert clinic is not None
    return clinic


class Diary(RuleBasedStateMachine):
    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(mkdtemp())
        shutil.copy(self.template, self.folder / "turnet.db")
        self.engine = engine_for(Settings(data=self.folder))
        bind(self.engine)
        self.clock = FrozenClock(TUESDAY)
        self.clinic = self.run(loaded())
        self.booked: list[int] = []
        self.blocks: list[int] = []

    def run(self, act: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(act)

    def teardown(self) -> None:
        self.run(effects_done())
        self.run(self.engine.close_connection_pool())
        self.runner.close()
        shutil.rmtree(self.folder)

    def wish(self, start: int, kind: str, who: str) -> Wish:
        practitioner = self.clinic.practitioners[who].id if who else None
        return Wish(self.clinic.services[kind].id, start, practitioner=practitioner)

    @rule(start=starts, kind=services, who=people, owner=owners)
    def book(self, start: int, kind: str, who: str, owner: str) -> None:
        act = service.book(an_act(self.clock), self.clinic, self.wish(start, kind, who), ANNA, once="", owner=owner)
        with suppress(SlotTaken, NotOffered):
            self.booked.append(self.run(act).visit.id)

    @rule(start=starts, kind=services, who=people)
    def staff_book(self, start: int, kind: str, who: str) -> None:
        with suppress(SlotTaken, NotOffered):
            booked = self.run(service.book(staff(self.clock), self.clinic, self.wish(start, kind, who), ANNA, once=""))
            self.booked.append(booked.visit.id)

    @rule(start=starts, later=st.integers(0, 19), kind=services, who=people)
    def book_by_hand(self, start: int, later: int, kind: str, who: str) -> None:
        wish = replace(self.wish(start + later, kind, who), by_hand=True)
        with suppress(SlotTaken, NotOffered):
            booked = self.run(service.book(staff(self.clock), self.clinic, wish, ANNA, once=""))
            self.booked.append(booked.visit.id)

    @rule(start=starts, later=st.integers(0, 19), who=st.sampled_from(["sanna", "pekka"]), room=rooms)
    def overbook(self, start: int, later: int, who: str, room: str) -> None:
        wish = replace(self.wish(start + later, "check-up", who), over=True, room=self.clinic.rooms[room].id)
        with suppress(NotOffered):
            act = service.book(staff(self.clock), self.clinic, wish, ANNA, once="", reason="In pain")
            self.booked.append(self.run(act).visit.id)

    @rule(which=some)
    def confirm(self, which: int) -> None:
        if self.booked:
            with suppress(NotAllowed):
                id = self.booked[which % len(self.booked)]
                self.run(service.mark(staff(self.clock), self.clinic, id, State.CONFIRMED))

    @rule(which=some, start=starts, later=st.integers(0, 19), who=people)
    def staff_move(self, which: int, start: int, later: int, who: str) -> None:
        if self.booked:
            id = self.booked[which % len(self.booked)]
            kind = self.clinic.service(self.run(queries.visit_by_id(id)).service).slug
            wish = replace(self.wish(start + later, kind, who), by_hand=True)
            with suppress(SlotTaken, NotOffered, NotAllowed):
                self.run(service.move(staff(self.clock), self.clinic, id, wish))

    @rule(which=some)
    def take_back(self, which: int) -> None:
        if self.booked:
            with suppress(SlotTaken, NotAllowed, TooLate):
                self.run(service.undo_last(staff(self.clock), self.clinic, self.booked[which % len(self.booked)]))

    @rule(start=starts, who=st.sampled_from(["sanna", "pekka"]))
    def block(self, start: int, who: str) -> None:
        resource, span = self.clinic.practitioners[who].id, Span(start, start + 40)
        self.blocks.append(self.run(service.block(staff(self.clock), self.clinic, resource, span, "Lunch")))
        self.clinic = self.run(loaded())

    @rule(which=some)
    def unblock(self, which: int) -> None:
        if self.blocks:
            self.run(service.unblock(staff(self.clock), self.clinic, self.blocks.pop(which % len(self.blocks))))
            self.clinic = self.run(loaded())

    @rule(start=starts, kind=services, who=people, owner=owners)
    def hold(self, start: int, kind: str, who: str, owner: str) -> None:
        with suppress(SlotTaken, NotOffered):
            self.run(service.hold(an_act(self.clock), self.clinic, self.wish(start, kind, who), owner))

    @rule(owner=owners)
    def renew(self, owner: str) -> None:
        self.run(service.renew(an_act(self.clock), self.clinic, owner))

    @rule(which=some)
    def cancel(self, which: int) -> None:
        if self.booked:
            self.run(service.cancel(an_act(self.clock), self.clinic, self.booked[which % len(self.booked)]))

    @rule(which=some)
    def undo(self, which: int) -> None:
        if self.booked:
            with suppress(SlotTaken, NotAllowed, TooLate):
                self.run(service.undo_cancel(an_act(self.clock), self.clinic, self.booked[which % len(self.booked)]))

    @rule(which=some, start=starts, who=people)
    def move(self, which: int, start: int, who: str) -> None:
        if self.booked:
            id = self.booked[which % len(self.booked)]
            kind = self.clinic.service(self.run(queries.visit_by_id(id)).service).slug
            with suppress(TurnetError):
                self.run(service.move(an_act(self.clock), self.clinic, id, self.wish(start, kind, who)))

    @rule(minutes=st.integers(1, 12))
    def wait(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)

    @rule()
    def sweep(self) -> None:
        self.run(service.sweep(self.clock.now(), self.clock.real()))

    @rule(start=starts, kind=services, who=people, owner=owners)
    def what_is_offered_can_be_booked_and_nothing_else(self, start: int, kind: str, who: str, owner: str) -> None:
        wish = self.wish(start, kind, who)
        slots = self.run(
            queries.free_times(
                self.clinic, wish.service, DAY, DAY, now=self.clock.now(), practitioner=wish.practitioner, owner=owner
            )
        )
        assert self.run(self.can_be_booked(wish, owner)) == any(slot.start == start for slot in slots)

    async def can_be_booked(self, wish: Wish, owner: str) -> bool:
        try:
            async with tx():
                await service.book(
                    an_act(self.clock), self.clinic, wish, replace(ANNA, name="Eva"), once="", owner=owner
                )
                raise Undecided
        except Undecided:
            return True
        except (SlotTaken, NotOffered):
            return False

    @invariant()
    def nobody_meets_anybody(self) -> None:
        assert self.run(overlaps()) == 0

    @invariant()
    def every_coming_visit_has_its_place_and_no_cancelled_one_keeps_it(self) -> None:
        rows = self.run(
            stored(
                "b.state, c.kind, count(o.id) FROM booking b LEFT JOIN claim c ON c.id = b.claim "
                "LEFT JOIN occupancy o ON o.claim = c.id GROUP BY b.id, b.state, c.kind"
            )
        )
        assert set(rows) <= {
            ("booked", "booking", 2),
            ("confirmed", "booking", 2),
            ("cancelled", "undo", 2),
            ("cancelled", None, 0),
        }

    @invariant()
    def who_is_beside_somebody_is_flagged_and_in_a_lane_of_their_own(self) -> None:
        rows = self.run(
            stored(
                "b.overbooked, min(o.lane) > 0, max(o.lane) > 0 FROM booking b JOIN occupancy o ON o.claim = b.claim "
                "GROUP BY b.id, b.overbooked"
            )
        )
        assert {tuple(bool(cell) for cell in row) for row in rows} <= {(False, False, False), (True, True, True)}

    @invariant()
    def every_coming_visit_is_confirmed_once_and_no_cancelled_one_is(self) -> None:
        rows = self.run(
            stored(
                "b.state, (SELECT count(*) FROM message m WHERE m.booking = b.id AND m.state <> 'cancelled' "
                "AND m.kind = 'booking_confirmed') FROM booking b"
            )
        )
        assert set(rows) <= {("booked", 1), ("confirmed", 1), ("cancelled", 0)}


async def a_clinic_in(folder: Path) -> None:
    engine = engine_for(Settings(data=folder))
    bind(engine)
    await a_clinic()
    await engine.close_connection_pool()


def test_any_story_leaves_a_diary_without_collisions(sqlite_template: Path, tmp_path: Path) -> None:
    Diary.template = tmp_path / "turnet.db"
    shutil.copy(sqlite_template, Diary.template)
    asyncio.run(a_clinic_in(tmp_path))

    run_state_machine_as_test(
        Diary,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
