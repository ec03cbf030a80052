"""The running day as one list: what is over folded away, now, who is next, and free time to tap in between."""

from collections.abc import Sequence
from dataclasses import dataclass

from turnet.booking.sheet import Sheet
from turnet.booking.states import State
from turnet.clock import minute
from turnet.i18n import _, ngettext
from turnet.web.desk.diary.asked_day import Asked
from turnet.web.desk.diary.drawn import OVER, WAITING, Drawn, Pen, counted, pen
from turnet.web.desk.diary.sheet_view import Keeping, Opening, chosen, keepings, openings, people


@dataclass(frozen=True, slots=True)
class Row:
    """One line; exactly one of the first three, or none of them where now is."""

    visit: Drawn | None = None
    gap: Opening | None = None
    kept: Keeping | None = None
    next: bool = False


@dataclass(frozen=True, slots=True)
class DayList:
    earlier: Sequence[Drawn]
    earlier_said: str
    """`3 done, 1 no-show`."""
    rows: Sequence[Row]
    visits: int
    done: int
    waiting: int
    gaps: int


def day_list(asked: Asked, sheet: Sheet) -> DayList:
    entries, drawing = chosen(asked, sheet), pen(asked.seat)
    drawn = [drawing.drawn(entry) for entry in entries]
    now = minute(asked.seat.now)
    today = asked.day == asked.seat.today
    over = [one for one in drawn if today and one.entry.end <= now and one.entry.state in OVER]
    folded = {one.entry.id for one in over}
    free, kept = _between(asked, sheet, drawing)
    count = counted(drawn)
    return DayList(
        earlier=over,
        earlier_said=_over_said(over),
        rows=_in_order([one for one in drawn if one.entry.id not in folded], free, kept, now if today else None),
        visits=len(drawn) - count[State.CANCELLED],
        done=count[State.DONE],
        waiting=count[State.ARRIVED],
        gaps=len(free),
    )


def _between(asked: Asked, sheet: Sheet, drawing: Pen) -> tuple[list[Opening], list[Keeping]]:
    free: list[Opening] = []
    kept: list[Keeping] = []
    for who in people(asked, sheet, ()):
        free += openings(asked, sheet, who, asked.day, drawing)
        kept += keepings(asked, sheet, who.id, asked.day, drawing.initials(who.id))
    return free, kept


def _in_order(
    visits: Sequence[Drawn], free: Sequence[Opening], kept: Sequence[Keeping], now: int | None
) -> Sequence[Row]:
    coming = [one for one in visits if now is not None and one.entry.state in WAITING and one.entry.end > now]
    first = min(coming, key=lambda one: (one.entry.state is not State.ARRIVED, one.entry.start), default=None)
    rows = [(one.entry.start, 0, Row(visit=one, next=one is first)) for one in visits]
    rows += [(one.span.start, 1, Row(kept=one)) for one in kept]
    rows += [(one.span.start, 2, Row(gap=one)) for one in free]
    if now is not None:
        rows.append((now, -1, Row()))
    return [row for _start, _kind, row in sorted(rows, key=lambda one: one[:2])]


def _over_said(over: Sequence[Drawn]) -> str:
    count = counted(over)
    done, missed, off = count[State.DONE], count[State.NO_SHOW], count[State.CANCELLED]
    parts = [
        _("%(n)s done") % {"n": done} if done else "",
        ngettext("%(n)s no-show", "%(n)s no-shows", missed) % {"n": missed} if missed else "",
        _("%(n)s cancelled") % {"n": off} if off else "",
    ]
    return ", ".join(part for part in parts if part)
