"""Schema of what the clinic was like before, against which gains are reckoned."""

from piccolo.columns import BigInt, Integer, Serial, Timestamptz
from piccolo.table import Table


class Baseline(Table):
    """One row, id 1, once somebody answered. Money in minor units of the clinic's currency; null: not said."""

    id: Serial
    visits = Integer(null=True, default=None)
    """A month."""
    no_shows = Integer(null=True, default=None)
    """A month, late cancellations not counted."""
    visit_value = BigInt(null=True, default=None)
    """What an average visit brings in."""
    desk_hour = BigInt(null=True, default=None)
    """What an hour of an assistant costs, everything included."""
    checkin_seconds = Integer(null=True, default=None)
    """How long it takes the desk to check somebody in; null: a minute to two."""
    answered_at = Timestamptz(null=True, default=None)
    staff = Integer(null=True, default=None)
