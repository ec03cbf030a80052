"""Places twenty weeks of made-up visits into the diary: pure, and the same for the same dice and the same day.

Every visit lies where the scheduling rules would have offered it. On most coming days each practitioner keeps a while
free around noon, so that whoever tries the demo finds a time for every service.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from turnet.booking.states import State
from turnet.clinic.model import Clinic, Service
from turnet.demo.people import Someone
from turnet.scheduling.hours import closed_for, grid, instants, is_open, sessions
from turnet.scheduling.rules import Place, Session
from turnet.scheduling.slots import footprint
from turnet.scheduling.spans import Span

WEEKS_PAST, WEEKS_COMING = 12, 8
PAST, TODAY = 0.66, 0.55
COMING = (0.40, 0.34, 0.28, 0.23, 0.18, 0.14, 0.11, 0.08)
"""Chance, at every free start of the grid, that somebody comes."""
KEEP_FREE = 0.92
"""Share of coming days with a free while around noon, per practitioner …"""
WHILE = 130
"""… of so many minutes, enough for three starts of the longest service …"""
WHILES = (580, 600, 640, 760)
"""… from one of these minutes of the day, whichever lies in a session."""
CANCELLED, NO_SHOW = 0.07, 0.05
ON_THE_LAST_DAY = 0.3
"""Share of the cancellations of visits of the past that came in their last day."""
REASONS = {"": 40, "time": 28, "ill": 18, "not_needed": 8, "elsewhere": 6}
"""`booking.cancel_code` → share of the patients' cancellations."""
WEIGHTS = {"check-up": 9, "child-check-up": 4, "filling": 6, "root-canal": 1.5, "urgent": 3}
"""How often each service is asked for; others 5."""


@dataclass(frozen=True, slots=True)
class Planned:
    service: int
    minutes: int
    start: int
    place: Place
    location: int
    patient: int
    """Place in the list of people."""
    state: State
    made: int
    """Minutes since 1970 UTC when it was booked."""
    cancelled: int | None
    cancel_code: str
    door: str
    taken: tuple[tuple[int, Span], ...]
    """(resource, span with buffers); nothing when cancelled."""


class Planner:
    """`now` and all instants in UTC minutes; `today` is the clinic's local day."""

    def __init__(self, clinic: Clinic, people: Sequence[Someone], rng: Random, today: date, now: int) -> None:
        self.clinic, self.people, self.rng, self.today, self.now = clinic, people, rng, today, now
        self.midnight = instants(clinic.setup.zone, today, 0)[0]
        self.setup = clinic.setup
        self.services = {
            who.id: [s for s in clinic.services.values() if who.id in s.rules.practitioners]
            for who in clinic.practitioners.values()
        }
        self.taken: dict[int, list[Span]] = {}
        self.planned: list[Planned] = []

    def plan(self) -> list[Planned]:
        for days in range(-7 * WEEKS_PAST, 7 * WEEKS_COMING):
            day = self.today + timedelta(days=days)
            self.taken = {}
            for who in self.services:
                kept = self._kept(who, day) if days > 0 and self.rng.random() < KEEP_FREE else None
                for session, span in sessions(self.setup, who, day):
                    self._fill(who, session, span, day, kept)
        return self.planned

    def _kept(self, who: int, day: date) -> Span | None:
        hours = [session for session, _span in sessions(self.setup, who, day)]
        fitting = [at for at in WHILES if any(s.opens <= at and at + WHILE <= s.closes for s in hours)]
        if not fitting:
            return None
        start = instants(self.setup.zone, day, self.rng.choice(fitting))[0]
        return Span(start, start + WHILE)

    def _chance(self, day: date) -> float:
        if day <= self.today:
            return TODAY if day == self.today else PAST
        return COMING[min((day - self.today).days // 7, len(COMING) - 1)]

    def _fill(self, who: int, session: Session, span: Span, day: date, kept: Span | None) -> None:
        chance = self._chance(day)
        closed = closed_for(self.setup, who, session.location) + ([kept] if kept else [])
        free_from = span.start
        for start in grid(self.setup.zone, day, session, session.step):
            if start < free_from or self.rng.random() > chance:
                continue
            service = self._service(who, day)
            end = start + service.rules.minutes
            if end > span.end or any(Span(start, end).overlaps(other) for other in closed):
                continue
            if (place := self._place(service, who, start, session.location)) is not None:
                visit = self._visit(service, start, place, session.location, day)
                self.planned.append(visit)
                if visit.taken:
                    free_from = end
                    for resource, taken in visit.taken:
                        self.taken.setdefault(resource, []).append(taken)

    def _service(self, who: int, day: date) -> Service:
        offers = [s for s in self.services[who] if not s.urgent or day <= self.today]
        return self.rng.choices(offers, [WEIGHTS.get(offer.slug, 5) for offer in offers])[0]

    def _place(self, service: Service, who: int, start: int, location: int) -> Place | None:
        for room in service.rules.rooms:
            place = Place(who, room)
            if self.setup.room_locations[room] == location and all(
                not any(span.overlaps(other) for other in self._busy(resource, location))
                for resource, span in footprint(service.rules, start, place).items()
            ):
                return place
        return None

    def _busy(self, resource: int, location: int) -> list[Span]:
        return self.taken.get(resource, []) + closed_for(self.setup, resource, location)

    def _visit(self, service: Service, start: int, place: Place, location: int, day: date) -> Planned:
        rng = self.rng
        off = rng.random() < CANCELLED
        door, made = self._booked(service, start, day)
        return Planned(
            service=service.id,
            minutes=service.rules.minutes,
            start=start,
            place=place,
            location=location,
            patient=self._patient(service),
            state=self._state(off, rng.random(), start, start + service.rules.minutes),
            made=made,
            cancelled=self._cancelled(made, start) if off else None,
            cancel_code=rng.choices(list(REASONS), list(REASONS.values()))[0] if off else "",
            door=door,
            taken=() if off else tuple(footprint(service.rules, start, place).items()),
        )

    def _cancelled(self, made: int, start: int) -> int:
        rng = self.rng
        if start <= self.midnight and rng.random() < ON_THE_LAST_DAY:
            return max(made, start - rng.randint(50, 1300))
        return made + int(max(min(start, self.midnight) - made, 0) * rng.random())

    def _patient(self, service: Service) -> int:
        grown = next((n for n, one in enumerate(self.people) if one.guardian is not None), len(self.people))
        child = service.slug == "child-check-up" or (service.slug == "straightening" and self.rng.random() < 0.5)
        return self.rng.randrange(grown, len(self.people)) if child else self.rng.randrange(grown)

    def _booked(self, service: Service, start: int, day: date) -> tuple[str, int]:
        """Through which door and when: the desk takes calls while it is open, the web at any hour."""
        rng, zone = self.rng, self.setup.zone
        if day < self.today and rng.random() < 0.04:
            return "walk_in", start - rng.randint(5, 20)
        if service.urgent:
            return "web", min(start, self.midnight) - rng.randint(40, 300)
        before = 1 + min(int(rng.expovariate(1 / 12)), 50)
        wall = int(rng.triangular(7 * 60, 23 * 60, 14 * 60))
        made = instants(zone, min(day, self.today) - timedelta(days=before), wall)[0]
        by_phone = rng.random() < 0.55 and is_open(self.setup, made)
        return "phone" if by_phone else "web", made

    def _state(self, off: bool, dice: float, start: int, end: int) -> State:
        if off:
            return State.CANCELLED
        if end <= self.now:
            return State.NO_SHOW if dice < NO_SHOW else State.DONE
        if start <= self.now:
            return State.IN_ROOM
        if start <= self.now + 15 and dice < 0.6:
            return State.ARRIVED
        return State.BOOKED
