"""The reasons of `turnet.scheduling.explain` in words. Their instants are UTC minutes; they are said in clinic time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from turnet.clinic.blocks import Block
from turnet.clinic.model import Service, Texts
from turnet.format import clock_time, day_short
from turnet.i18n import _, ngettext
from turnet.scheduling.explain import Reason
from turnet.scheduling.spans import Span
from turnet.web.desk.seat import Seat
from turnet.web.desk.wording import listed, named, worded
from turnet.web.kit.jinja import day_at
from turnet.web.public import times
from turnet.web.public.words import minutes

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Saying:
    """What there is to know about one service and start."""

    seat: Seat
    service: Service
    start: int
    blocks: Sequence[Block]
    """Those around the start; they give closures their reasons."""

    def sentence(self, reason: Reason) -> Markup:
        say: dict[str, Callable[[Facts], Markup]] = {
            "lead": self._lead,
            "horizon": self._horizon,
            "off_hours": self._off_hours,
            "reserved": self._reserved,
            "off_grid": self._off_grid,
            "too_long": self._too_long,
            "closed": lambda facts: self._closed(facts, reason.resource),
            "busy": self._busy,
            "buffer": self._buffer,
            "no_free_room": self._no_room,
            "offered": self._offered,
        }
        if reason.code in say:
            return say[reason.code](reason.facts)
        if reason.code == "not_their_service":
            return worded(_("Does not do “%(service)s”."), service=self._name(self.service.name))
        if reason.code == "holiday":
            return worded(_("A public holiday, and no hours were set for it."))
        return worded(_("This time is over."))

    # --- pieces

    def _at(self, instant: int) -> datetime:
        return times.local(self.seat.clinic.zone, instant)

    def _span(self, span: Sequence[int]) -> Markup:
        first, last = self._at(span[0]), self._at(span[1])
        today = first.date() == last.date() == self._at(self.start).date()
        write = clock_time if today else day_at
        text = _("%(from)s to %(until)s") % {"from": write(first), "until": write(last)}
        return Markup('<span class="nb">{}</span>').format(text)

    def _name(self, texts: Texts) -> Markup:
        return named(self.seat.text(texts).text)

    # --- one reason each

    def _lead(self, facts: Facts) -> Markup:
        when = day_at(self._at(facts["earliest"]))
        return worded(_("Too soon for patients: they can book %(when)s at the earliest."), when=when)

    def _horizon(self, facts: Facts) -> Markup:
        return worded(
            _("Too far ahead for patients: the last day they can book is %(day)s."), day=day_short(facts["last"])
        )

    def _off_hours(self, facts: Facts) -> Markup:
        if not facts["sessions"]:
            return worded(_("Not in that day."))
        clinic = self.seat.clinic
        hours = []
        for place, start, end in facts["sessions"]:
            where = Markup(" {}").format(self._name(clinic.location(place).name)) if len(clinic.locations) > 1 else ""
            hours.append(self._span((start, end)) + where)
        return worded(_("Not in at that time. That day: %(hours)s."), hours=listed(hours))

    def _reserved(self, facts: Facts) -> Markup:
        kept = listed([self._name(self.seat.clinic.service(one).name) for one in facts["services"]])
        when = day_at(self._at(facts["opens"]))
        return worded(_("Kept for %(services)s until %(when)s."), services=kept, when=when)

    def _off_grid(self, facts: Facts) -> Markup:
        said = ngettext("Times begin every minute.", "Times begin every %(num)d minutes.", facts["step"])
        text = worded(said, num=facts["step"])
        near = [clock_time(self._at(facts[side])) for side in ("before", "after") if facts[side] is not None]
        return text + " " + worded(_("The nearest: %(times)s."), times=", ".join(near)) if near else text

    def _too_long(self, facts: Facts) -> Markup:
        return worded(
            _("It takes %(minutes)s, and the hours end at %(time)s."),
            minutes=minutes(facts["minutes"]),
            time=clock_time(self._at(facts["closes"])),
        )

    def _closed(self, facts: Facts, resource: int | None) -> Markup:
        span = Span(*facts["closure"])
        meant = [b for b in self.blocks if b.resource in (None, resource) and b.span.overlaps(span)]
        reasons = [text.text for block in meant if (text := self.seat.text(block.reason))]
        if not reasons:
            return worded(_("Blocked %(span)s."), span=self._span(span))
        return worded(_("Blocked %(span)s: %(reason)s."), span=self._span(span), reason=named(reasons[0]))

    def _busy(self, facts: Facts) -> Markup:
        return worded(_("Taken %(span)s."), span=self._span(facts["busy"]))

    def _buffer(self, facts: Facts) -> Markup:
        before, after = minutes(facts["before"]), minutes(facts["after"])
        if facts["before"] and facts["after"]:
            text = _("The visit fits, but not the %(before)s before it and the %(after)s after it.")
        elif facts["before"]:
            text = _("The visit fits, but not the %(before)s before it.")
        else:
            text = _("The visit fits, but not the %(after)s after it.")
        return worded(text, before=before, after=after) + " " + self._busy({"busy": facts["meets"]})

    def _no_room(self, facts: Facts) -> Markup:
        if not facts["rooms"]:
            return worded(_("No room for it at this place."))
        how = {
            "closed": _("%(room)s is blocked"),
            "busy": _("%(room)s is taken"),
            "buffer": _("%(room)s is being made ready"),
        }
        room_of = self.seat.clinic.room
        rooms = [worded(how[code], room=self._name(room_of(id).name)) for id, code in facts["rooms"].items()]
        return worded(_("Free, but no room is: %(rooms)s."), rooms=listed(rooms))

    def _offered(self, facts: Facts) -> Markup:
        if not facts["rooms"]:
            return worded(_("Free."))
        rooms = listed([self._name(self.seat.clinic.room(room).name) for room in facts["rooms"]])
        return worded(_("Free, in %(rooms)s."), rooms=rooms)
