"""Schema of the clinic's setup. Texts for people are JSON `{language: text}`; the clinic's default language is required."""

from piccolo.columns import BigInt, Boolean, Date, ForeignKey, Integer, Real, Serial, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table


class Clinic(Table):
    """One row, id 1."""

    id: Serial
    name = Text(default="{}")
    """JSON {language: text}, like every text of this module that patients read."""
    strapline = Text(default="{}")
    zone = Varchar(length=64)
    languages = Varchar(length=40, default="en")
    """Comma-separated, the default language first."""
    region = Varchar(length=2, default="FI")
    """ISO 3166-1: how telephone numbers without a country code are read, and whose public holidays count."""
    holidays = Boolean(default=True)
    currency = Varchar(length=3, default="EUR")
    phone = Varchar(length=32, default="")
    email = Varchar(length=254, default="")
    brand = Varchar(length=32, default="#14603c")
    out_of_hours = Text(default="{}")
    privacy = Text(default="{}")
    key_fingerprint = Varchar(length=16, default="")
    demo_shift = BigInt(default=0)
    """Seconds that the demo's business clock runs ahead."""
    sending_held_at = Timestamptz(null=True, default=None)
    """Real time since when nothing is sent to people, after a restore, until somebody releases it; null: sending."""
    staff_totp = Boolean(default=True)
    """Must owner and managers confirm their login with a code? The owner may turn that off."""


class Diary(Table):
    """One row, id 1: raised by every write that changes what is free."""

    version = BigInt(default=1)
    """Bookings, holds and other claims."""
    setup_version = BigInt(default=1)
    """Everything of this module."""


class Location(Table):
    id: Serial
    slug = Varchar(length=60, unique=True)
    name = Text(default="{}")
    address = Text(default="{}")
    city = Text(default="{}")
    directions = Text(default="{}")
    phone = Varchar(length=32, default="")
    email = Varchar(length=254, default="")
    latitude = Real(null=True, default=None)
    longitude = Real(null=True, default=None)
    position = Integer(default=0)
    active = Boolean(default=True)
    waiting = Text(default="{}")
    """Where to sit, as whoever has checked in is told."""
    door_no = Integer(default=1)
    """Which poster at the door is good; raising it makes every older one lead nowhere."""


class Resource(Table):
    """Whatever can be in one place at a time; its id orders the locks."""

    kind = Varchar(length=12)
    """`practitioner` or `room`."""


class Room(Table):
    id: Serial
    resource = ForeignKey(references=Resource, null=False, unique=True, on_delete=OnDelete.restrict)
    location = ForeignKey(references=Location, null=False, on_delete=OnDelete.restrict)
    slug = Varchar(length=60, unique=True)
    name = Text(default="{}")
    position = Integer(default=0)
    active = Boolean(default=True)


class Practitioner(Table):
    id: Serial
    resource = ForeignKey(references=Resource, null=False, unique=True, on_delete=OnDelete.restrict)
    slug = Varchar(length=60, unique=True)
    name = Text(default="{}")
    title = Text(default="{}")
    about = Text(default="{}")
    languages = Varchar(length=40, default="")
    position = Integer(default=0)
    active = Boolean(default=True)


class Service(Table):
    id: Serial
    slug = Varchar(length=60, unique=True)
    name = Text(default="{}")
    summary = Text(default="{}")
    instructions = Text(default="{}")
    """What to bring and do before the visit."""
    minutes = Integer(default=30)
    practitioner_before = Integer(default=0)
    practitioner_after = Integer(default=0)
    room_before = Integer(default=0)
    room_after = Integer(default=0)
    """Buffers in minutes, per kind of resource."""
    step = Integer(default=0)
    """Grid of starts in minutes; 0 takes the session's own."""
    lead = Integer(default=60)
    """Minutes between now and the earliest start on offer."""
    horizon = Integer(default=62)
    """Days ahead on offer, today being 0."""
    move_until = Integer(default=1440)
    cancel_until = Integer(default=1440)
    """Minutes before the start."""
    late_fee = Integer(default=0)
    price = Integer(default=0)
    """Minor units of the clinic's currency; 0 shows none."""
    needs_room = Boolean(default=True)
    urgent = Boolean(default=False)
    online = Boolean(default=True)
    people = Integer(default=1)
    """The most people booked together."""
    position = Integer(default=0)
    active = Boolean(default=True)
    aftercare = Text(default="{}")
    """What to know after the visit."""


class ServicePractitioner(Table):
    service = ForeignKey(references=Service, null=False, on_delete=OnDelete.cascade)
    practitioner = ForeignKey(references=Practitioner, null=False, on_delete=OnDelete.cascade)


class ServiceRoom(Table):
    service = ForeignKey(references=Service, null=False, on_delete=OnDelete.cascade)
    room = ForeignKey(references=Room, null=False, on_delete=OnDelete.cascade)


class Hours(Table):
    """One session of a practitioner's week at a location; a break is the gap between two sessions."""

    id: Serial
    practitioner = ForeignKey(references=Practitioner, null=False, on_delete=OnDelete.cascade)
    location = ForeignKey(references=Location, null=False, on_delete=OnDelete.cascade)
    weekday = Integer()
    """Monday is 0."""
    opens = Integer()
    closes = Integer()
    """Minutes of the local day, 0 to 1440."""
    step = Integer(default=10)
    """Grid of starts in minutes, counted from `opens`."""
    valid_from = Date(null=True, default=None)
    valid_until = Date(null=True, default=None)
    """Inclusive."""
    reserved_for = Varchar(length=200, default="")
    """Comma-separated service ids that alone may start here …"""
    release = Integer(default=0)
    """… until this many minutes before the start."""


class DatedHours(Table):
    """Replaces a practitioner's weekly sessions and the public holiday on one local date; no location means off."""

    id: Serial
    practitioner = ForeignKey(references=Practitioner, null=False, on_delete=OnDelete.cascade)
    day = Date()
    location = ForeignKey(references=Location, null=True, default=None, on_delete=OnDelete.cascade)
    opens = Integer(default=0)
    closes = Integer(default=0)
    step = Integer(default=10)


class Closure(Table):
    """Time nobody is there: of one location, one resource, or with neither the whole clinic."""

    id: Serial
    location = ForeignKey(references=Location, null=True, default=None, on_delete=OnDelete.cascade)
    resource = ForeignKey(references=Resource, null=True, default=None, on_delete=OnDelete.cascade)
    starts_at = BigInt()
    ends_at = BigInt(index=True)
    """Minutes since 1970 UTC, half-open."""
    reason = Text(default="{}")
    staff = Integer(null=True, default=None)
    """Who blocked the time at the desk."""
    made_at = Timestamptz(null=True, default=None)


class Busy(Table):
    """Time of a resource taken by an outside calendar."""

    resource = ForeignKey(references=Resource, null=False, on_delete=OnDelete.cascade)
    starts_at = BigInt()
    ends_at = BigInt(index=True)
    source = Varchar(length=60, default="")
    external_id = Varchar(length=200, default="")


class Redirect(Table):
    """Old slugs keep leading to what they named."""

    kind = Varchar(length=12)
    """`service`, `practitioner` or `location`."""
    slug = Varchar(length=60, index=True)
    target = Integer()
