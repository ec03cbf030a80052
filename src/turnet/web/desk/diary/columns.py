"""The day as columns, by person or by room, and one person's week: where everything lies on the grid of five minutes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from markupsafe import Markup

from turnet.booking.sheet import Entry, Sheet
from turnet.booking.states import State
from turnet.clinic.blocks import Block
from turnet.clinic.model import Practitioner, Room
from turnet.clock import instant, minute
from turnet.format import day_short
from turnet.i18n import _
from turnet.scheduling.gaps import Beside, away, side_by_side
from turnet.scheduling.hours import instants, local_day, sessions
from turnet.scheduling.spans import Span
from turnet.web.desk.diary.asked_day import Asked
from turnet.web.desk.diary.drawn import Drawn, Pen, pen
from turnet.web.desk.diary.sheet_view import Keeping, Opening, chosen, keepings, openings, people, usual_room

STEP, HOUR = 5, 60
USUAL = (8 * HOUR, 16 * HOUR)
"""What an empty day shows, in minutes of the wall clock."""
MOST_LANES, LANES = 12, (1, 2, 3, 4, 6, 12)
"""How many strips a column can be cut into: the divisors of its twelve tracks."""
LONGEST_BLOCK = 144
"""Steps; what is longer ends there."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Something on the grid: exactly one of visit, gap, kept, or a word about time that is closed."""

    s: int
    """Steps of five minutes from the top."""
    d: int
    """Its length in steps."""
    lane: str = ""
    """`1/2`: the first of two strips; empty: the whole width."""
    visit: Drawn | None = None
    gap: Opening | None = None
    kept: Keeping | None = None
    off: str = ""

    @property
    def place(self) -> Markup:
        """Attributes that say what lies where; ids, states and numbers only, so there is nothing to escape."""
        place = f'data-s="{self.s}" data-d="{self.d}"'
        if self.lane:
            place += f' data-lane="{self.lane}"'
        if self.visit is not None:
            place = f'id="{self.visit.key}" data-state="{self.visit.state}" {place} data-visit="{self.visit.entry.public_id}"'
        return Markup(place)  # noqa: S704


@dataclass(frozen=True, slots=True)
class Column:
    id: str
    title: str
    under: str
    """Where, in one line."""
    late: int
    """Minutes."""
    who: Practitioner | None
    """Whose it is; None for a room's."""
    day: date
    room: Room | None
    items: Sequence[Placed]
    visits: int

    @property
    def late_said(self) -> Markup:
        """`+10`, the sign before the number in every direction of writing."""
        return Markup('<bdi dir="ltr">+{}</bdi>').format(self.late)


@dataclass(frozen=True, slots=True)
class Board:
    columns: Sequence[Column]
    hours: Sequence[datetime]
    """Clinic time of each hour's line."""
    now: int | None
    """Step of the now-line; None where it is not on the board."""
    now_at: datetime
    top: str
    """The start of the grid as addresses write it."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is the same for every column."""

    asked: Asked
    sheet: Sheet
    entries: Sequence[Entry]
    pen: Pen


def by_person(asked: Asked, sheet: Sheet) -> Board:
    frame = _frame(asked, sheet)
    windows = {asked.day: _window(frame, asked.day)}
    columns = [_of_person(frame, who, asked.day, windows) for who in people(asked, sheet, frame.entries)]
    return _board(frame, columns, windows[asked.day])


def by_room(asked: Asked, sheet: Sheet) -> Board:
    frame = _frame(asked, sheet)
    window = _window(frame, asked.day)
    rooms = [
        room
        for room in asked.seat.clinic.rooms.values()
        if asked.location is None or room.location == asked.location.id
    ]
    return _board(frame, [_of_room(frame, room, window) for room in rooms], window)


def week(asked: Asked, sheet: Sheet, who: Practitioner, days: Sequence[date]) -> Board:
    """One person's days side by side, each cut at the same hours of the wall clock."""
    frame = _frame(asked, sheet)
    walls = [_walls(frame, day) for day in days]
    opens, closes = min(first for first, _last in walls), max(last for _first, last in walls)
    windows = {day: _between(frame, day, opens, closes) for day in days}
    shown = [_of_person(frame, who, day, windows, title=day_short(day)) for day in days]
    board = _board(frame, shown, windows.get(asked.seat.today, windows[days[0]]))
    return board if asked.seat.today in windows else replace(board, now=None)


def _frame(asked: Asked, sheet: Sheet) -> _Frame:
    here = [entry for entry in chosen(asked, sheet) if entry.state is not State.CANCELLED]
    return _Frame(asked, sheet, here, pen(asked.seat))


# --- which hours are shown


def _window(frame: _Frame, day: date) -> Span:
    return _between(frame, day, *_walls(frame, day))


def _walls(frame: _Frame, day: date) -> tuple[int, int]:
    """Whole hours of the wall clock around everything that happens that day."""
    asked = frame.asked
    setup, midnight = asked.seat.clinic.setup, instants(asked.seat.clinic.setup.zone, day, 0)
    found = [entry.span for entry in frame.entries if local_day(setup.zone, entry.start) == day]
    for who in people(asked, frame.sheet, frame.entries):
        found += [span for _session, span in sessions(setup, who.id, day)]
    if not found or not midnight:
        return USUAL
    first, last = min(span.start for span in found) - midnight[0], max(span.end for span in found) - midnight[0]
    return first // HOUR * HOUR, min(-(-last // HOUR), 24) * HOUR


def _between(frame: _Frame, day: date, opens: int, closes: int) -> Span:
    zone = frame.asked.seat.clinic.setup.zone
    start = (instants(zone, day, opens) or instants(zone, day, opens + HOUR))[0]
    return Span(start, start + closes - opens)


def _board(frame: _Frame, columns: Sequence[Column], window: Span) -> Board:
    seat, now = frame.asked.seat, minute(frame.asked.seat.now)
    on_board = window.start <= now < window.end
    return Board(
        columns=columns,
        hours=[seat.local(instant(at)) for at in range(window.start, window.end, HOUR)],
        now=(now - window.start) // STEP if on_board else None,
        now_at=seat.local(seat.now),
        top=f"{instant(window.start):%Y%m%dT%H%MZ}",
    )


# --- one column


def _of_person(frame: _Frame, who: Practitioner, day: date, windows: dict[date, Span], *, title: str = "") -> Column:
    asked, window, seat = frame.asked, windows[day], frame.asked.seat
    zone = seat.clinic.setup.zone
    mine = [one for one in frame.entries if one.practitioner == who.id and local_day(zone, one.start) == day]
    kept = keepings(asked, frame.sheet, who.id, day)
    items = _placed_visits(frame, mine, window) + _placed_kept(kept, window)
    items += [Placed(*_steps(one.span, window), gap=one) for one in openings(asked, frame.sheet, who, day, frame.pen)]
    items += _closed(frame, who, day, window)
    return Column(
        id=f"c-{who.slug}-{day:%d}",
        title=title or seat.text(who.name).text,
        under=_where(frame, who, day, mine),
        late=frame.sheet.late.get((who.id, day), 0),
        who=who,
        day=day,
        room=None,
        items=sorted(items, key=lambda item: (item.s, item.off != "")),
        visits=len(mine),
    )


def _of_room(frame: _Frame, room: Room, window: Span) -> Column:
    asked, seat = frame.asked, frame.asked.seat
    mine = [one for one in frame.entries if one.room == room.id]
    items = _placed_visits(frame, mine, window)
    items += _placed_kept(keepings(asked, frame.sheet, room.id, asked.day), window)
    items += [
        _off(block.span, window, _reason(frame, block))
        for block in frame.sheet.blocks
        if block.span.overlaps(window)
        if block.resource == room.id or (block.resource is None and block.location in (None, room.location))
    ]
    return Column(
        id=f"c-{room.slug}",
        title=frame.pen.places[room.id],
        under=seat.text(seat.clinic.location(room.location).name).text,
        late=0,
        who=None,
        day=asked.day,
        room=room,
        items=sorted(items, key=lambda item: (item.s, item.off != "")),
        visits=len(mine),
    )


def _placed_visits(frame: _Frame, entries: Sequence[Entry], window: Span) -> list[Placed]:
    """Visits that meet stand beside each other, however short they are drawn."""
    steps = [_steps(entry.span, window) for entry in entries]
    lanes = side_by_side([Span(s, s + d) for s, d in steps])
    return [
        Placed(s, d, _lane(beside), visit=frame.pen.drawn(entry))
        for entry, (s, d), beside in zip(entries, steps, lanes, strict=True)
    ]


def _placed_kept(kept: Iterable[Keeping], window: Span) -> list[Placed]:
    return [Placed(*_steps(one.span, window), kept=one) for one in kept]


def _steps(span: Span, window: Span) -> tuple[int, int]:
    start = max(span.start, window.start)
    s = (start - window.start) // STEP
    d = -(-(min(span.end, window.end) - window.start) // STEP) - s
    return s, min(max(d, 1), LONGEST_BLOCK)


def _lane(beside: Beside) -> str:
    """As the style sheet knows it: `1/2`, `3/4`; more than twelve at once share the last strip."""
    if beside.lanes == 1:
        return ""
    of = next((lanes for lanes in LANES if lanes >= beside.lanes), MOST_LANES)
    return f"{min(beside.lane, of - 1) + 1}/{of}"


# --- time nobody is there


def _closed(frame: _Frame, who: Practitioner, day: date, window: Span) -> list[Placed]:
    setup = frame.asked.seat.clinic.setup
    worked = sessions(setup, who.id, day)
    if not worked:
        return [_off(window, window, _("Not in"))]
    found = [
        _off(span, window, _("Not in") if span.start == window.start or span.end == window.end else _("Break"))
        for span in away(setup, who.id, day, window)
    ]
    for block in frame.sheet.blocks:
        for session, span in worked:
            if _keeps_away(block, who, session.location) and block.span.overlaps(span):
                cut = Span(max(block.span.start, span.start), min(block.span.end, span.end))
                found.append(_off(cut, window, _reason(frame, block)))
    return found


def _off(span: Span, window: Span, word: str) -> Placed:
    return Placed(*_steps(span, window), off=word)


def _keeps_away(block: Block, who: Practitioner, location: int) -> bool:
    return block.resource in (None, who.id) and block.location in (None, location)


def _reason(frame: _Frame, block: Block) -> str:
    return frame.asked.seat.text(block.reason).text or _("Closed")


def _where(frame: _Frame, who: Practitioner, day: date, mine: Sequence[Entry]) -> str:
    """`Keskusta, Room 2`: the places of the day, and the room that most visits are in."""
    seat = frame.asked.seat
    places = dict.fromkeys(session.location for session, _span in sessions(seat.clinic.setup, who.id, day))
    names = [seat.text(seat.clinic.location(place).name).text for place in places]
    room = usual_room(mine, who.id)
    if room is not None:
        names.append(frame.pen.places.get(room, ""))
    return ", ".join(name for name in names if name)
