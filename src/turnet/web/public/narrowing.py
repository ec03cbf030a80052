"""The diary narrowed to a person, a place or a part of the day: pills that each open a list of links."""

from collections.abc import Sequence
from dataclasses import dataclass

from turnet.clinic.model import Service, Texts
from turnet.i18n import _
from turnet.scheduling.rules import Slot
from turnet.web.kit.page import Frame
from turnet.web.public import asked, free, times, words
from turnet.web.public.asked import Asked
from turnet.web.public.here import Here


@dataclass(frozen=True, slots=True)
class Link:
    href: str
    text: str
    note: str = ""
    current: bool = False
    name: Texts | None = None
    """Instead of `text`, where it is the clinic's."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One way to narrow the times: a pill that opens a list of links."""

    label: str
    chosen: Link
    links: tuple[Link, ...]
    on: bool


def narrowed(at: Here, wanted: Asked, slots: Sequence[Slot], *, everybody: bool = False) -> list[Slot]:
    """The slots that were asked for; `everybody`: whoever it is with."""
    people, places = at.clinic.practitioners, at.clinic.locations
    return free.narrowed(
        slots,
        at.clinic,
        practitioner=people[wanted.practitioner].id if wanted.practitioner and not everybody else None,
        location=places[wanted.location].id if wanted.location else None,
        part=wanted.part,
    )


def filters(*, at: Here, service: Service, wanted: Asked, frame: Frame, slots: Sequence[Slot]) -> tuple[Filter, ...]:
    """Those that leave a choice. `slots` are everybody's, everywhere."""
    made = (_people(at, service, wanted, slots), _places(at, service, wanted, frame), _parts(wanted))
    return tuple(one for one in made if one)


def _people(at: Here, service: Service, wanted: Asked, slots: Sequence[Slot]) -> Filter | None:
    clinic = at.clinic
    able = [one for one in clinic.practitioners.values() if one.id in service.rules.practitioners]
    if len(able) < 2:
        return None
    offered = narrowed(at, wanted, slots, everybody=True)

    def first(practitioner: int | None) -> str:
        slot = next((s for s in offered if practitioner is None or practitioner in s.practitioners), None)
        return words.when(times.local(clinic.zone, slot.start), at.today) if slot else ""

    links = [Link(wanted.url(practitioner=""), _("Anyone"), first(None), not wanted.practitioner)]
    links += [
        Link(wanted.url(practitioner=one.slug), "", first(one.id), one.slug == wanted.practitioner, one.name)
        for one in able
    ]
    return _filter(_("Who"), links, bool(wanted.practitioner))


def _places(at: Here, service: Service, wanted: Asked, frame: Frame) -> Filter | None:
    clinic = at.clinic
    used = {r.session.location for r in clinic.setup.weekly if r.practitioner in service.rules.practitioners}
    offered = [one for one in clinic.locations.values() if one.id in used or one.slug == wanted.location]
    if len(offered) < 2:
        return None
    anywhere = _("Both places") if len(offered) == 2 else _("All places")
    links = [Link(wanted.url(location=""), anywhere, "", not wanted.location)]
    links += [
        Link(wanted.url(location=one.slug), "", str(frame.text(one.address)), one.slug == wanted.location, one.name)
        for one in offered
    ]
    return _filter(_("Where"), links, bool(wanted.location))


def _parts(wanted: Asked) -> Filter:
    named = {
        "": (_("All day"), ""),
        "morning": (_("Morning"), _("before 12")),
        "afternoon": (_("Afternoon"), _("12 to 16")),
        "evening": (_("Evening"), _("after 16")),
    }
    links = [Link(wanted.url(part=part), *named[part], part == wanted.part) for part in ("", *asked.PARTS)]
    return _filter(_("When"), links, bool(wanted.part))


def _filter(label: str, links: Sequence[Link], on: bool) -> Filter:
    return Filter(label, next(link for link in links if link.current), tuple(links), on)
