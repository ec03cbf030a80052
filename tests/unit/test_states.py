"""The ways between the states of a visit."""

from turnet.booking.states import ALLOWED, State

UNDONE_BY_ITS_OWN_ACT = {(State.CONFIRMED, State.CANCELLED)}
"""An undone cancellation is booked again."""


def test_every_step_can_be_taken_back() -> None:
    steps = {(before, after) for before, ways in ALLOWED.items() for after in ways}

    assert {(before, after) for before, after in steps if before not in ALLOWED[after]} == UNDONE_BY_ITS_OWN_ACT


def test_every_state_is_reached_and_left() -> None:
    assert set().union(*ALLOWED.values()) == set(State) == set(ALLOWED)
