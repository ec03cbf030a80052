"""The states of a visit and every way between them."""

from enum import StrEnum


class State(StrEnum):
    BOOKED = "booked"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    IN_ROOM = "in_room"
    DONE = "done"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


ALLOWED: dict[State, frozenset[State]] = {
    State.BOOKED: frozenset({State.CONFIRMED, State.ARRIVED, State.CANCELLED, State.NO_SHOW}),
    State.CONFIRMED: frozenset({State.BOOKED, State.ARRIVED, State.CANCELLED, State.NO_SHOW}),
    State.ARRIVED: frozenset({State.BOOKED, State.CONFIRMED, State.IN_ROOM, State.DONE, State.NO_SHOW}),
    State.IN_ROOM: frozenset({State.ARRIVED, State.DONE}),
    State.DONE: frozenset({State.IN_ROOM, State.ARRIVED}),
    State.CANCELLED: frozenset({State.BOOKED}),
    State.NO_SHOW: frozenset({State.BOOKED, State.CONFIRMED, State.ARRIVED}),
}
"""Backward ways are what undo takes."""

COMING = frozenset({State.BOOKED, State.CONFIRMED})
"""Visits that a patient may still move or cancel."""
