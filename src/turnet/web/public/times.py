"""Free times as HTML: written by hand, once per slot, because there are hundreds of them on a page.

Whatever comes from the clinic is escaped here, when a `Wording` is made; slots themselves are only numbers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from turnet.format import clock_time, day_short
from turnet.i18n import _, current, ngettext
from turnet.scheduling.rules import Slot
from turnet.web.kit.page import Frame

NOON, LATE = 12 * 60, 16 * 60
"""Where morning and afternoon end, in minutes of the day."""


@lru_cache(maxsize=8192)
def _written(zone: ZoneInfo, minute: int) -> tuple[datetime, str, str]:
    """(clinic time, `<time datetime>`, the address's spelling) of a UTC minute."""
    at = datetime.fromtimestamp(minute * 60, UTC)
    local = at.astimezone(zone)
    return local, local.isoformat(timespec="seconds"), f"{at:%Y%m%dT%H%MZ}"


def local(zone: ZoneInfo, minute: int) -> datetime:
    return _written(zone, minute)[0]


def part_of(minute_of_day: int) -> str:
    return "morning" if minute_of_day < NOON else "afternoon" if minute_of_day < LATE else "evening"


@dataclass(frozen=True)
class Wording:
    """How the times of one page are written: where they lead, and what stands in their names."""

    frame: Frame
    before: str
    """The link up to the time, such as `/en/book/check-up/at/`."""
    practitioner: str = ""
    """Slug of the only one asked for."""
    after: str = ""
    """More of the query, already encoded, such as `lang=he`."""
    joint: str = "?"
    show_place: bool = True
    """Not where all times are in one place: then the page says it once, and each name says it unseen."""
    _who: dict[tuple[int, ...], Markup] = field(default_factory=dict)
    _where: dict[int, tuple[str, Markup]] = field(default_factory=dict)

    def link(self, slot: Slot) -> Markup:
        return Markup(f"{escape(self.before)}{_written(self._zone, slot.start)[2]}{self.where(slot.location)[0]}")

    @property
    def _zone(self) -> ZoneInfo:
        assert self.frame.clinic is not None
        return self.frame.clinic.zone

    def where(self, location: int) -> tuple[str, Markup]:
        """(rest of the link, name) of a location; the name is empty where there is only one."""
        if location not in self._where:
            clinic = self.frame.clinic
            assert clinic is not None
            place = clinic.location(location)
            several = len(clinic.locations) > 1
            query = [f"at={place.slug}"] if several else []
            query += [f"with={self.practitioner}"] if self.practitioner else []
            query += [self.after] if self.after else []
            name = self.frame.say(place.name) if several else Markup()
            self._where[location] = (str(escape(self.joint + "&".join(query))) if query else "", name)
        return self._where[location]

    def who(self, practitioners: tuple[int, ...]) -> Markup:
        """`with Sanna Koivisto`, `… or Pekka Laine`, `… or 3 others`."""
        if practitioners not in self._who:
            clinic = self.frame.clinic
            assert clinic is not None
            names = [self.frame.name(clinic.practitioner(one).name) for one in practitioners]
            asked = clinic.practitioners.get(self.practitioner)
            if asked:
                names = [self.frame.name(asked.name)]
            if len(names) == 1:
                said = Markup(_("with %(name)s")) % {"name": names[0]}
            elif len(names) == 2:
                said = Markup(_("with %(name)s or %(other)s")) % {"name": names[0], "other": names[1]}
            else:
                others = len(names) - 1
                text = ngettext("with %(name)s or %(num)d other", "with %(name)s or %(num)d others", others)
                said = Markup(text) % {"name": names[0], "num": others}
            self._who[practitioners] = said
        return self._who[practitioners]


def items(slots: Iterable[Slot], wording: Wording, *, first: bool = False, current_start: int | None = None) -> Markup:
    """`<li>` of every slot, as the outside contract writes them."""
    zone, lines = wording._zone, []  # noqa: SLF001  (the same module)
    before, day_names = escape(wording.before), dict[date, Markup]()
    for slot in slots:
        at, stamp, spelled = _written(zone, slot.start)
        rest, place = wording.where(slot.location)
        day = day_names.get(at.date()) or day_names.setdefault(at.date(), escape(day_short(at.date())))
        shown = f" <small>{place}</small>" if place and wording.show_place else ""
        unseen = f", {place}" if place and not wording.show_place else ""
        kind = ' class="first"' if first else ' class="own"' if slot.start == current_start else ""
        lines.append(
            f'<li{kind}><a class="slot" href="{before}{spelled}{rest}"><time datetime="{stamp}">{clock_time(at)}</time>'
            f'{shown}<span class="vh">, {day}, {wording.who(slot.practitioners)}{unseen}</span></a></li>'
        )
        first = False
    return Markup("".join(lines))


def one(slot: Slot, wording: Wording, today: str, what: str) -> Markup:
    """A single time in a line of its own: the day is shown beside it, what it is for is said."""
    at, stamp, spelled = _written(wording._zone, slot.start)  # noqa: SLF001
    rest, place = wording.where(slot.location)
    name = [escape(part) for part in (what, wording.who(slot.practitioners), place) if part]
    return Markup(
        f'<a class="slot" href="{escape(wording.before)}{spelled}{rest}">'
        f'<time datetime="{stamp}">{clock_time(at)}</time> '
        f'<small>{escape(today)}</small><span class="vh">, {", ".join(name)}</span></a>'
    )


@dataclass(frozen=True, slots=True)
class Bit:
    """Part of a day: its name and its times."""

    id: str
    label: str
    slots: Markup


def bits(slots: Sequence[Slot], wording: Wording, *, own: int | None = None) -> tuple[Bit, ...]:
    """Morning, afternoon, evening, without the empty ones."""
    if not slots:
        return ()
    labels = {"morning": _("Morning"), "afternoon": _("Afternoon"), "evening": _("Evening")}
    grouped: dict[str, list[Slot]] = {}
    for slot in slots:
        at = local(wording._zone, slot.start)  # noqa: SLF001
        grouped.setdefault(part_of(at.hour * 60 + at.minute), []).append(slot)
    day = local(wording._zone, slots[0].start).date()  # noqa: SLF001
    return tuple(
        Bit(f"p{day:%m%d}{part[0]}", labels[part], items(found, wording, current_start=own))
        for part, found in grouped.items()
    )


def tint(count: int) -> int:
    """0 to 4: how full of free times a day looks."""
    return 0 if not count else 1 if count < 5 else 2 if count < 10 else 3 if count < 17 else 4


def month_rows(
    month: date, counts: dict[date, int], link: str, *, today: date, chosen: date | None, open_until: date
) -> Markup:
    """The rows of the month's table, without weeks that are over; `link` holds `{}` for the date, escaped already."""
    words = _Words(escape(_("none")), escape(_("not open yet")))
    free = {count: escape(ngettext("free", "free", count)) for count in set(counts.values())}
    lead = (month.weekday() - current().first_weekday) % 7
    cells, ordinal = ["<td></td>"] * lead, month.toordinal()
    while (day := date.fromordinal(ordinal)).month == month.month:
        here = ' aria-current="date"' if day == chosen else ""
        classes = "day today" if day == today else "day"
        if count := counts.get(day, 0):
            cells.append(
                f'<td><a class="{classes}" href="{link.replace("{}", str(day))}" data-free="{tint(count)}"{here}>'
                f'<time datetime="{day}">{day.day}</time>'
                f'<small>{count}<span class="vh"> {free[count]}</span></small></a></td>'
            )
        else:
            cells.append(_empty(day, classes, here, words, today, open_until))
        ordinal += 1
    cells += ["<td></td>"] * (-len(cells) % 7)
    over = (lead + today.day - 1) // 7 if (today.year, today.month) == (month.year, month.month) else 0
    return Markup("".join(f"<tr>{''.join(cells[at : at + 7])}</tr>" for at in range(over * 7, len(cells), 7)))


class _Words(NamedTuple):
    none: Markup
    not_yet: Markup


def _empty(day: date, classes: str, here: str, words: _Words, today: date, open_until: date) -> str:
    """A day with nothing free: past, full or closed, or beyond what can be booked."""
    why = "" if day < today else words.none if day <= open_until else words.not_yet
    mark = f'<span aria-hidden="true">–</span><span class="vh">{why}</span>' if why else ""
    if not today <= day <= open_until:
        classes += " past"
    return (
        f'<td><span class="{classes}" data-free="0"{here}><time datetime="{day}">{day.day}</time>'
        f"<small>{mark}</small></span></td>"
    )
