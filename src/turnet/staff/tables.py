"""Schema of staff accounts, their sessions and what they left lying."""

from piccolo.columns import BigInt, Boolean, ForeignKey, Integer, Serial, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from turnet.clinic.tables import Practitioner


class StaffUser(Table):
    id: Serial
    public_id = Varchar(length=22, unique=True)
    email = Varchar(length=254, unique=True)
    """In lower case; what they log in with."""
    name = Varchar(length=120)
    initials = Varchar(length=4, default="")
    role = Varchar(length=12)
    practitioner = ForeignKey(references=Practitioner, null=True, default=None, on_delete=OnDelete.set_null)
    """Whose diary is theirs."""
    all_diaries = Boolean(default=False)
    """A practitioner who may work in everybody's."""
    language = Varchar(length=8, default="en")
    password_hash = Text(default="")
    """Argon2id; empty until the invitation is accepted."""
    totp_secret = Text(default="")
    """Encrypted with the installation's key; empty: no code is asked."""
    totp_step = BigInt(default=0)
    """The last time step whose code was used: each code counts once."""
    pin_hash = Text(default="")
    view = Text(default="{}")
    """JSON of how they like the diary: location, practitioner."""
    created_at = Timestamptz(default=None)
    disabled_at = Timestamptz(null=True, default=None)


class StaffSession(Table):
    id: Serial
    public_id = Varchar(length=22, unique=True)
    token_hash = Varchar(length=64, unique=True)
    user = ForeignKey(references=StaffUser, null=False, on_delete=OnDelete.cascade, index=True)
    stage = Varchar(length=8, default="full")
    """`code` (password given, code still asked), `totp` (must set up codes first) or `full`."""
    front_desk = Boolean(default=False)
    """A shared machine: locks after a short while and opens again by PIN."""
    locked = Boolean(default=False)
    tries = SmallInt(default=0)
    """Wrong PINs or codes since the last right one."""
    created_at = Timestamptz(default=None)
    seen_at = Timestamptz(default=None)
    """Written at most every few minutes."""
    proven_at = Timestamptz(default=None)
    """When the password was last given: sensitive acts ask again after a while."""
    ends_at = Timestamptz(default=None, index=True)
    """All of these are real time."""
    agent = Varchar(length=120, default="")
    """The browser's name for itself, shortened."""


class StaffLink(Table):
    """A one-time link: an invitation, or a way back in. Only its hash is stored."""

    token_hash = Varchar(length=64, unique=True)
    kind = Varchar(length=8)
    """`owner` (the first account), `invite` or `reset`."""
    user = ForeignKey(references=StaffUser, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    made_by = Integer(null=True, default=None)
    expires_at = Timestamptz(default=None)
    """Real time."""
    used_at = Timestamptz(null=True, default=None)


class RecoveryCode(Table):
    user = ForeignKey(references=StaffUser, null=False, on_delete=OnDelete.cascade, index=True)
    code_hash = Varchar(length=64)
    used_at = Timestamptz(null=True, default=None)


class ParkedForm(Table):
    """An unfinished booking, put aside by one key and taken up again, also after a reload."""

    public_id = Varchar(length=22, unique=True)
    user = ForeignKey(references=StaffUser, null=False, on_delete=OnDelete.cascade, index=True)
    fields = Text(default="{}")
    made_at = Timestamptz(default=None)
    """Business time."""


class CalendarFeed(Table):
    """A secret address under which one device reads one person's diary."""

    public_id = Varchar(length=22, unique=True)
    user = ForeignKey(references=StaffUser, null=False, on_delete=OnDelete.cascade, index=True)
    token_hash = Varchar(length=64, unique=True)
    scope = Varchar(length=8)
    """`busy`, `initials` or `full`."""
    label = Varchar(length=60, default="")
    made_at = Timestamptz(default=None)
    used_at = Timestamptz(null=True, default=None)
    """Real time, written at most once an hour."""
    revoked_at = Timestamptz(null=True, default=None)
