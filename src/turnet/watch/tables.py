"""Schema of what went wrong with the installation."""

from piccolo.columns import Text, Timestamptz, Varchar
from piccolo.table import Table


class Incident(Table):
    name = Varchar(length=40, index=True)
    """What is wrong, as a code of `turnet.watch`; at most one of a name is open."""
    detail = Text(default="")
    """For whoever looks after the server: never a patient's name, address or number."""
    began_at = Timestamptz(default=None)
    """Real time."""
    ended_at = Timestamptz(null=True, default=None)
