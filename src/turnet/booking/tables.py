"""Schema of visits, of who occupies what, and of what happened to them."""

from piccolo.columns import BigInt, Boolean, Date, ForeignKey, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from turnet.clinic.tables import Location, Practitioner, Resource, Room, Service
from turnet.patients.tables import Patient


class Claim(Table):
    """Who occupies resources: a booking, a hold, an offer or an undo."""

    kind = Varchar(length=8)
    expires_at = Timestamptz(null=True, default=None, index=True)
    """Business time; null for a booking. Reads treat an expired claim as free, acts delete it."""
    public_id = Varchar(length=22, unique=True)
    owner = Varchar(length=64, default="", index=True)
    """Hash of the visitor's hold cookie or the API hold; one live hold each."""
    address = Varchar(length=64, default="", index=True)
    """Client address (IPv6 by /64), hashed, for the caps."""
    made_at = Timestamptz(default=None)
    """Business time; a hold lives at most 20 minutes from here."""
    wish = Text(default="{}")
    """JSON of what a hold is for and how it is seated."""
    staff = Integer(null=True, default=None)
    """Who at the desk keeps the time for a caller."""


class Occupancy(Table):
    """An interval of one resource under a claim; what the guard protects."""

    resource = ForeignKey(references=Resource, null=False, on_delete=OnDelete.restrict)
    lane = SmallInt(default=0)
    starts_at = BigInt()
    ends_at = BigInt(index=True)
    """Minutes since 1970 UTC, half-open, buffers of this resource's kind included."""
    claim = ForeignKey(references=Claim, null=False, on_delete=OnDelete.cascade, index=True)


class Party(Table):
    """Bookings made together, all or none."""

    public_id = Varchar(length=22, unique=True)


class Booking(Table):
    public_id = Varchar(length=22, unique=True)
    """Random; also the calendar's UID."""
    reference = Varchar(length=8, unique=True)
    """Short human code."""
    state = Varchar(length=10)
    claim = ForeignKey(references=Claim, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    party = ForeignKey(references=Party, null=True, default=None, on_delete=OnDelete.set_null)
    service = ForeignKey(references=Service, null=False, on_delete=OnDelete.restrict)
    practitioner = ForeignKey(references=Practitioner, null=False, on_delete=OnDelete.restrict)
    room = ForeignKey(references=Room, null=True, default=None, on_delete=OnDelete.restrict)
    location = ForeignKey(references=Location, null=False, on_delete=OnDelete.restrict)
    patient = ForeignKey(references=Patient, null=False, on_delete=OnDelete.restrict)
    phone = Varchar(length=20, default="", index=True)
    email = Varchar(length=320, default="")
    """Where this visit's messages go, as given when it was booked."""
    mailbox = Varchar(length=320, default="", index=True)
    """The address without the part after a plus: one person's visits are counted by it."""
    language = Varchar(length=8)
    for_whom = Varchar(length=6, default="me")
    note = Text(default="")
    starts_at = Timestamptz(default=None, index=True)
    ends_at = Timestamptz(default=None)
    wall_start = Varchar(length=16)
    """`YYYY-MM-DDTHH:MM` of the clinic's clock, as sold …"""
    zone = Varchar(length=64)
    """… in this IANA zone."""
    door = Varchar(length=8)
    """`web`, `embed`, `api`, `phone` or `walk_in`."""
    referrer = Varchar(length=120, default="")
    """Host only."""
    outside_hours = Boolean(default=False)
    link_no = Integer(default=1)
    token_hash = Varchar(length=64, unique=True)
    once = Varchar(length=64, null=True, default=None, unique=True)
    """The form's one-time key: the same form twice is one booking."""
    version = Integer(default=1)
    sequence = Integer(default=0)
    visit_no = Integer(default=1)
    moved_from = Timestamptz(null=True, default=None)
    """Start before the last move; null when it was never moved."""
    cancelled_at = Timestamptz(null=True, default=None)
    undo_until = Timestamptz(null=True, default=None)
    cancel_reason = Text(default="")
    cancelled_by = Varchar(length=8, default="")
    """Who asked for it: `patient` or `clinic`; empty while it is not cancelled."""
    cancelled_late = Boolean(default=False)
    """After the last moment that the service allows."""
    state_at = Timestamptz(null=True, default=None)
    """Business time of the last change of state."""
    overbooked = Boolean(default=False)
    """On purpose, beside another visit (lane 1 and up); the reason is in the audit."""
    desk_note = Text(default="")
    """From staff for staff; the patient never sees it."""
    desk_note_was = Text(default="")
    """Before the last change of it, so that this can be taken back."""
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)
    cancel_code = Varchar(length=12, default="")
    """Why the patient cancelled, of the four they could tap: `time`, `ill`, `not_needed` or `elsewhere`; empty: not said."""
    checked_in_by = Varchar(length=8, default="")
    """How the patient last checked in without the desk: `sms`, `link`, `door` or `tablet`; empty: the desk did, or nobody."""


class BookingExtra(Table):
    """A further service done in the same visit, after the booking's own."""

    booking = ForeignKey(references=Booking, null=False, on_delete=OnDelete.cascade, index=True)
    service = ForeignKey(references=Service, null=False, on_delete=OnDelete.restrict)
    position = SmallInt(default=0)


class Lateness(Table):
    """How late somebody runs on one local day; the desk and the patients' pages say so."""

    resource = ForeignKey(references=Resource, null=False, on_delete=OnDelete.cascade)
    day = Date()
    minutes = SmallInt(default=0)
    staff = Integer(null=True, default=None)
    at = Timestamptz(default=None)
    """Business time."""


class BookingEvent(Table):
    """The audit: one row per change, never altered."""

    booking = ForeignKey(references=Booking, null=False, on_delete=OnDelete.cascade, index=True)
    at = Timestamptz(default=None)
    actor = Varchar(length=40)
    act = Varchar(length=20)
    before = Text(default="{}")
    after = Text(default="{}")
    """JSON of ids, states and times; never names, addresses or notes."""


class IdempotencyKey(Table):
    """Answers already given to an API client's `Idempotency-Key`, for 24 hours."""

    key = Varchar(length=64, unique=True)
    """SHA-256 of the client's key."""
    body_hash = Varchar(length=64)
    status = Integer(default=0)
    """HTTP status of the finished answer; 0 while the first request is in flight."""
    response = Text(default="")
    made_at = Timestamptz(default=None, index=True)
    """Real time."""


class Tally(Table):
    """How often something happened for one key in one window: the caps on holds, bookings and link misses."""

    key = Varchar(length=100, unique=True)
    count = Integer(default=0)  # type: ignore[assignment]  # the method of that name is not used here
    until = Timestamptz(default=None, index=True)
    """Real time."""
