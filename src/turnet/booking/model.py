"""Bookings as everybody else reads and asks for them: frozen, without the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from turnet.booking.states import COMING, State
from turnet.ids import link_token
from turnet.staff.model import Staff


@dataclass(frozen=True, slots=True)
class Act:
    """The circumstances of one act: when, by whom, through which door. Read once, then passed on."""

    now: datetime
    """Business time."""
    real: datetime
    """The machine's time."""
    key: bytes
    """What patients' links are made with."""
    actor: str = "patient"
    """`patient`, `patient:sms`, `patient:door`, `patient:tablet`, `api`, `staff:<id>` or `system`; goes into the audit."""
    door: str = "web"
    address: str = ""
    """The client's address (IPv6 by /64), hashed; for the caps."""
    referrer: str = ""
    """Host only."""
    limited: bool = True
    staff: Staff | None = None
    """Who acts at the desk; their actor is `staff.actor`. Every act asks `turnet.staff.permissions` about them."""

    @property
    def by_staff(self) -> bool:
        return self.staff is not None


@dataclass(frozen=True, slots=True)
class Wish:
    """A time somebody wants. Ids are `turnet.scheduling`'s: resource, location and service ids."""

    service: int
    start: int
    """Minutes since 1970 UTC."""
    location: int | None = None
    """None: the first location, in the clinic's order, that has the time."""
    practitioner: int | None = None
    people: int = 1
    room: int | None = None
    """For staff: this room and no other."""
    extras: tuple[int, ...] = ()
    """For staff: services done in the same visit, after its own; whoever takes it can do them all."""
    by_hand: bool = False
    """For staff: any whole minute within the hours; no grid, lead time, horizon, reserved hours or online flag."""
    over: bool = False
    """For staff: beside what is there already, on purpose; also `by_hand`. Practitioner and room are named."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who comes and how to reach them, already checked by `turnet.patients.model`."""

    name: str
    phone: str = ""
    """E.164, or empty."""
    phone_raw: str = ""
    email: str = ""
    email_raw: str = ""
    language: str = "en"
    for_whom: str = "me"
    """`me`, `child` or `adult`."""
    birth_year: int | None = None
    note: str = ""
    patient: int | None = None
    """For staff: row id of somebody known, whose name stands; the contact points given here become theirs too."""


class Seat(NamedTuple):
    """Where and when one of several people is seen, in minutes since 1970 UTC and resource ids."""

    start: int
    practitioner: int
    room: int | None


@dataclass(frozen=True, slots=True)
class Hold:
    """A short claim while a form is filled."""

    public_id: str
    wish: Wish
    practitioner: int
    room: int | None
    location: int
    expires_at: datetime
    """Business time."""
    extendable: bool
    """False once it has lived its twenty minutes."""
    made_at: datetime
    seats: tuple[Seat, ...]
    """One for each of the people; the first is `practitioner` and `room`."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One booking, with the ids that `turnet.clinic` resolves to names."""

    id: int
    public_id: str
    reference: str
    state: State
    service: int
    practitioner: int
    """Resource id."""
    room: int | None
    """Resource id."""
    location: int
    patient_name: str = field(repr=False)
    phone: str = field(repr=False)
    email: str = field(repr=False)
    language: str
    for_whom: str
    note: str = field(repr=False)
    starts_at: datetime
    ends_at: datetime
    zone: str
    door: str
    link_no: int
    version: int
    sequence: int
    visit_no: int
    moved_from: datetime | None
    cancelled_at: datetime | None
    undo_until: datetime | None
    created_at: datetime
    updated_at: datetime
    patient: int = 0
    """Row id."""
    cancelled_by: str = ""
    """`patient` or `clinic`; empty while it is not cancelled."""
    cancelled_late: bool = False
    """After the last moment that the service allows."""
    state_at: datetime | None = None
    """Of the last change of state; None while there was none."""
    overbooked: bool = False
    """Beside another visit on purpose, in a lane of its own."""
    desk_note: str = field(default="", repr=False)
    """From staff for staff."""
    party: int | None = None
    """Row id of what was booked together: several people, or one person's series."""
    cancel_code: str = ""
    """Why the patient cancelled, of `turnet.booking.cancellations.CODES`; empty: not said."""
    checked_in_by: str = ""
    """`sms`, `link`, `door` or `tablet`: how the patient checked in without the desk; empty: the desk did, or nobody."""
    extras: tuple[int, ...] = ()
    """Services done in the same visit, after its own."""

    @property
    def services(self) -> tuple[int, ...]:
        return (self.service, *self.extras)

    @property
    def coming(self) -> bool:
        """May still be moved or cancelled, by its state."""
        return self.state in COMING

    @property
    def first_name(self) -> str:
        """All of a name that a patient's page shows."""
        return self.patient_name.split()[0] if self.patient_name.split() else ""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a visit's history: ids, states and times, never names, addresses or notes."""

    at: datetime
    actor: str
    act: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Booked:
    visit: Visit
    token: str
    """The patient's link."""
    repeated: bool
    """The same form came twice; this is the first one's booking."""


def visit_token(key: bytes, public_id: str, link_no: int) -> str:
    """The token of a patient's link `/a/…`."""
    return link_token(key, "a", public_id, link_no)
