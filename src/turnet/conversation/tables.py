"""Schema of what people write back: every SMS as it came, what was open when it came, and who looks after it."""

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Serial, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from turnet.booking.tables import Booking, Claim


class Prompt(Table):
    """A question asked by SMS; at most one is open for one of our numbers and one telephone."""

    id: Serial
    message = UUID(null=True, default=None)
    """The outbox row that asked."""
    our_number = Varchar(length=32, default="")
    """What it left from; empty for a gateway whose number nobody told us."""
    phone = Varchar(length=32)
    kind = Varchar(length=8)
    """`turnet.conversation.meaning.Asked`."""
    state = Varchar(length=8, default="open")
    """`open`, `answered`, `closed` (something more important was asked, or it is pointless now) or `expired`."""
    language = Varchar(length=8)
    asked_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    """Business time, both."""
    ended_at = Timestamptz(null=True, default=None)
    asked_back = Boolean(default=False)
    """An unclear answer was met with a question once; the next goes to the desk."""


class PromptSubject(Table):
    """What a question is about: one visit, or one of the times held for it."""

    prompt = ForeignKey(references=Prompt, null=False, on_delete=OnDelete.cascade, index=True)
    booking = ForeignKey(references=Booking, null=False, on_delete=OnDelete.cascade, index=True)
    visit_no = Integer(default=1)
    """The booking's when it was asked: an answer about another time is not an answer."""
    letter = Varchar(length=1)
    """`A`, `B`, `C` …, in the order shown."""
    claim = ForeignKey(references=Claim, null=True, default=None, on_delete=OnDelete.set_null)
    """Of an offered time, while it is held."""
    wish = Text(default="{}")
    """JSON of that time as `claim.wish` has it; the claim may be gone when the answer comes."""


class Inbound(Table):
    """An SMS as a gateway handed it to us, stored before anything is made of it."""

    id: Serial
    provider = Varchar(length=20)
    provider_id = Varchar(length=200)
    sender = Varchar(length=32)
    """E.164 where it can be read so, else as given."""
    our_number = Varchar(length=32, default="")
    text = Text(default="")
    raw = Text(default="")  # type: ignore[assignment]  # the method of that name is not used here
    """The call as it came, at most 8 kB of it."""
    said_at = Timestamptz(null=True, default=None)
    """When the telephone or the gateway says it was sent."""
    received_at = Timestamptz(default=None)
    """Real time."""
    at = Timestamptz(default=None)
    """Business time of the same moment."""
    state = Varchar(length=10, default="new")
    """`new`, `done`, `failed` (given up after several tries) or `unreadable`."""
    attempts = SmallInt(default=0)
    prompt = ForeignKey(references=Prompt, null=True, default=None, on_delete=OnDelete.set_null)
    """The question it answers."""
    outcome = Varchar(length=20, default="")
    """What was made of it, such as `confirmed` or `desk`; empty while nothing was."""
    error = Text(null=True, default=None)
    done_at = Timestamptz(null=True, default=None)


class Conversation(Table):
    """What the desk sees of one telephone: is somebody to look at it, and who does."""

    id: Serial
    public_id = Varchar(length=22, unique=True)
    phone = Varchar(length=32, unique=True)
    state = Varchar(length=4, default="done")
    """`open`: a person has to read it. `done`: nothing waits."""
    why = Varchar(length=20, default="")
    """Why it is open, such as `unclear`, `cannot_come`, `late` or `wants_out`."""
    since = Timestamptz(null=True, default=None)
    """Business time since when it is open."""
    staff = Integer(null=True, default=None)
    """Who has taken it."""
    last_at = Timestamptz(default=None)
    """Business time of the last thing anybody said."""
    version = Integer(default=1)


class Dealt(Table):
    """A message that did not arrive, and that somebody at the desk has dealt with; taken back, the row goes."""

    message = UUID(unique=True)
    staff = Integer()
    at = Timestamptz(default=None)
    """Business time."""
