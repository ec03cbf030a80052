"""Why patients cancelled, month by month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from turnet.booking.cancellations import CODES, cancellations
from turnet.i18n import _


@dataclass(frozen=True, slots=True)
class Reason:
    words: str
    counts: tuple[int, ...]
    """One of each month."""

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Cancelled:
    months: tuple[date, ...]
    """Newest first."""
    reasons: tuple[Reason, ...]
    late: Reason


async def cancelled_in(firsts: Sequence[date], bounds: Sequence[datetime], since: int) -> Cancelled | None:
    """From the month `since` of `firsts` on; each lies between two of `bounds`. None when nobody cancelled."""
    months, found = firsts[since:-1], await cancellations(bounds[since:])
    if not found:
        return None
    by_month = {one.month: one for one in found}
    order = range(len(months) - 1, -1, -1)

    def counted(code: str) -> tuple[int, ...]:
        return tuple(by_month[n].codes.get(code, 0) if n in by_month else 0 for n in order)

    words = _words()
    return Cancelled(
        tuple(months[n] for n in order),
        tuple(Reason(words[code], counted(code)) for code in (*CODES, "")),
        Reason(_("Cancelled too late"), tuple(by_month[n].late if n in by_month else 0 for n in order)),
    )


def _words() -> dict[str, str]:
    return {
        "time": _("The time did not suit"),
        "ill": _("Ill"),
        "not_needed": _("Not needed any more"),
        "elsewhere": _("Went somewhere else"),
        "": _("Did not say"),
    }
