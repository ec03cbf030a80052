"""A clock that leaps is noticed, one that is put right is believed again."""

from datetime import timedelta

from turnet.clock import FrozenClock
from turnet.watch.clock import LEAP, ClockWatch, since_boot


class Machine:
    """Its clock and its time since boot, which run together until somebody sets the clock."""

    def __init__(self, clock: FrozenClock) -> None:
        self.clock, self.up = clock, timedelta(hours=5)
        self.watch = ClockWatch(clock.real, lambda: self.up)

    def runs(self, **step: float) -> timedelta:
        """For so long; returns by how much the clock then is ahead."""
        self.up += timedelta(**step)
        return self.is_set(**step)

    def is_set(self, **step: float) -> timedelta:
        self.clock.advance(**step)
        return self.watch.ahead()


def test_time_that_passes_is_no_leap(clock: FrozenClock) -> None:
    machine = Machine(clock)

    assert [machine.runs(minutes=1), machine.runs(days=3)] == [timedelta(), timedelta()]


def test_leap_forward_lasts_until_the_clock_is_put_back(clock: FrozenClock) -> None:
    machine = Machine(clock)

    leapt, later = machine.is_set(days=3), machine.runs(hours=1)
    back = machine.is_set(days=-3, minutes=5)

    assert (leapt, later, back) == (timedelta(days=3), timedelta(days=3), timedelta())


def test_up_to_ten_minutes_are_a_correction(clock: FrozenClock) -> None:
    machine = Machine(clock)

    assert machine.is_set(minutes=10) == timedelta()
    assert machine.is_set(minutes=10) == timedelta()
    assert machine.is_set(minutes=11) == timedelta(minutes=11)


def test_clock_put_back_and_right_again_never_leapt(clock: FrozenClock) -> None:
    machine = Machine(clock)

    assert [machine.is_set(days=-3), machine.runs(minutes=1), machine.is_set(days=3)] == [timedelta()] * 3


def test_new_start_is_consent(clock: FrozenClock) -> None:
    machine = Machine(clock)
    leapt = machine.is_set(days=3)

    machine.watch = ClockWatch(clock.real, lambda: machine.up)

    assert (leapt, machine.runs(minutes=1)) == (timedelta(days=3), timedelta())


def test_this_machine_has_been_up_for_a_while() -> None:
    first, second = since_boot(), since_boot()

    assert timedelta() < first <= second
    assert timedelta(minutes=10) == LEAP
