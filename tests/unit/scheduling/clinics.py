"""Small clinics to ask about, a slow and plain answer to compare with, and Hypothesis strategies for both."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import Phase, settings
from hypothesis import strategies as st

from turnet.scheduling.rules import Buffers, Busy, Closed, ServiceRules, Session, Setup, Slot, WeeklySession
from turnet.scheduling.slots import window
from turnet.scheduling.spans import Span, merged

HELSINKI = "Europe/Helsinki"
MONDAY = date(2026, 6, 1)
ADA, BEA, CEM = 1, 2, 3
ROOM, OTHER_ROOM = 11, 12
CITY, SUBURB = 1, 2
CHECK_UP = 7

quick = settings(deadline=None, derandomize=True, database=None, max_examples=60)
control = settings(quick, max_examples=300, phases=(Phase.generate,), report_multiple_bugs=False)
"""For the runs that must fail: whether, not how small."""


def at(text: str, zone: str = HELSINKI, fold: int = 0) -> int:
    """UTC minutes of "2026-06-01 09:00" on the zone's wall clock."""
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return int(moment.timestamp()) // 60


def clock(minutes: list[int] | list[Slot], zone: str = HELSINKI) -> list[str]:
    """What the wall shows at UTC minutes, or at the starts of slots."""
    starts = [one.start if isinstance(one, Slot) else one for one in minutes]
    return [wall(start, zone).strftime("%H:%M") for start in starts]


def wall(minute: int, zone: str = HELSINKI) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(ZoneInfo(zone))


def hours(text: str, *, step: int = 30, location: int = CITY, **more: Any) -> Session:
    """A session from "09:00-12:00"."""
    opens, closes = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    return Session(location, opens, closes, step, **more)


def weekly(
    practitioner: int, *sessions: Session, days: Sequence[int] = range(7), **more: Any
) -> Iterator[WeeklySession]:
    for session in sessions:
        for weekday in days:
            yield WeeklySession(practitioner, weekday, session, **more)


def service(minutes: int = 30, *, id: int = CHECK_UP, who: tuple[int, ...] = (ADA,), **more: Any) -> ServiceRules:
    return ServiceRules(id, minutes, who, more.pop("rooms", ()), **more)


def clinic(*services: ServiceRules, zone: str = HELSINKI, **more: Any) -> Setup:
    """Ada works 09:00–12:00 every day, on the half hour, unless `weekly` says otherwise."""
    more.setdefault("weekly", tuple(weekly(ADA, hours("09:00-12:00"))))
    return Setup(zone, services={rules.id: rules for rules in services or (service(),)}, **more)


# --- the slow and plain answer


def plain_offered(
    setup: Setup, service: int, first: date, last: date, busy: Busy, now: int
) -> dict[tuple[int, int], tuple[set[int], set[int | None]]]:
    """(start, location) → who and which rooms, by trying every minute of every day with `datetime`."""
    rules = setup.services[service]
    today = wall(now, setup.zone).date()
    found: dict[tuple[int, int], tuple[set[int], set[int | None]]] = {}
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if not 0 <= (day - today).days <= rules.horizon:
            continue
        minutes = minutes_of(setup.zone, day)
        for person in rules.practitioners:
            for session in plain_sessions(setup, person, day):
                for start in plain_starts(rules, session, minutes):
                    if start < now + rules.lead or reserved(session, rules, start, now):
                        continue
                    if not plain_free(setup, rules, person, session.location, start, busy, rules.practitioner_buffers):
                        continue
                    rooms = plain_rooms(setup, rules, session.location, start, busy)
                    if rooms:
                        who, where = found.setdefault((start, session.location), (set(), set()))
                        who.add(person)
                        where.update(rooms)
    return found


@cache
def minutes_of(zone: str, day: date) -> list[tuple[int, int]]:
    """(UTC minute, minute of the day on the wall) for the whole local day."""
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()) // 60
    shown = ((minute, wall(minute, zone)) for minute in range(noon - 1600, noon + 1600))
    return [(minute, now.hour * 60 + now.minute) for minute, now in shown if now.date() == day]


def plain_sessions(setup: Setup, person: int, day: date) -> Sequence[Session]:
    if (person, day) in setup.dated:
        return setup.dated[person, day]
    if day in setup.holidays:
        return ()
    return [
        rule.session
        for rule in setup.weekly
        if rule.practitioner == person
        and rule.weekday == day.weekday()
        and (rule.valid_from or date.min) <= day <= (rule.valid_until or date.max)
    ]


def plain_starts(rules: ServiceRules, session: Session, minutes: list[tuple[int, int]]) -> list[int]:
    inside = [(minute, shown) for minute, shown in minutes if session.opens <= shown < session.closes]
    step = rules.step or session.step
    return [
        minute
        for minute, shown in inside
        if (shown - session.opens) % step == 0 and minute + rules.minutes <= inside[-1][0] + 1
    ]


def reserved(session: Session, rules: ServiceRules, start: int, now: int) -> bool:
    return bool(session.reserved_for) and rules.id not in session.reserved_for and now < start - session.release


def plain_free(
    setup: Setup, rules: ServiceRules, resource: int, location: int, start: int, busy: Busy, buffers: Buffers
) -> bool:
    shut = [
        closed.span
        for closed in setup.closures
        if closed.resource in (None, resource) and closed.location in (None, location)
    ]
    needed = range(start - buffers.before, start + rules.minutes + buffers.after)
    return not any(span.start < needed.stop and needed.start < span.end for span in [*shut, *busy.get(resource, [])])


def plain_rooms(setup: Setup, rules: ServiceRules, location: int, start: int, busy: Busy) -> set[int | None]:
    if not rules.rooms:
        return {None}
    return {
        room
        for room in rules.rooms
        if setup.room_locations[room] == location
        and plain_free(setup, rules, room, location, start, busy, rules.room_buffers)
    }


# --- strategies

CHANGES = [  # zone, a day its clocks change
    (HELSINKI, date(2026, 3, 29)),
    (HELSINKI, date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Africa/Cairo", date(2026, 10, 29)),
    ("America/New_York", date(2026, 3, 8)),
    ("Pacific/Auckland", date(2026, 9, 27)),
    ("Asia/Kolkata", date(2026, 6, 1)),
]


@dataclass(frozen=True)
class Question:
    setup: Setup
    first: date
    last: date
    busy: Busy
    now: int

    def ask(self, offer: Any, **more: Any) -> Any:
        return offer(self.setup, CHECK_UP, self.first, self.last, self.busy, now=self.now, **more)


def with_busy(question: Question, busy: Busy) -> Question:
    return replace(question, busy=busy)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Up to three practitioners, two locations and two rooms around a day on which the clocks change.

    Dense on purpose: people share hours and now is near, so that most questions have an answer that busy time changes.
    """
    zone, change = draw(st.sampled_from(CHANGES))
    people = (ADA, BEA, CEM)[: draw(st.integers(1, 3))]
    rooms = draw(st.sampled_from([(), (ROOM,), (ROOM, OTHER_ROOM)]))
    first = change + timedelta(days=draw(st.integers(-1, 1)))
    last = first + timedelta(days=draw(st.integers(0, 1)))
    usual = tuple(draw(day_hours()))
    dated = {
        (person, change + timedelta(days=number)): draw(st.just(usual) | day_hours().map(tuple))
        for person in people
        for number in (-1, 0, 1, 2)
    }
    midnight = at(f"{first} 12:00", zone) - 720
    spans = st.builds(
        lambda start, length: Span(midnight + start, midnight + start + length),
        st.integers(-200, 1440 * ((last - first).days + 1)),
        st.integers(1, 200),
    )
    closed = st.builds(Closed, spans, st.sampled_from([None, CITY, SUBURB]), st.sampled_from([None, *people, *rooms]))
    setup = Setup(
        zone,
        dated=dated,
        closures=tuple(draw(st.lists(closed, max_size=2))),
        room_locations={ROOM: CITY, OTHER_ROOM: draw(st.sampled_from([CITY, SUBURB]))},
        services={CHECK_UP: draw(rules_for(people, rooms))},
    )
    busy = {one: merged(draw(st.lists(spans, max_size=6))) for one in (*people, *rooms)}
    now = midnight + draw(st.integers(-720, 400))
    return Question(setup, first, last, busy, now)


@st.composite
def day_hours(draw: st.DrawFn) -> list[Session]:
    """Up to two sessions that do not overlap, often around the small hours, where clocks change."""
    cuts = sorted(draw(st.lists(st.integers(0, 288), min_size=4, max_size=4, unique=True)))
    night = draw(st.booleans())
    found = []
    for opens, closes in [cuts[:2], cuts[2:]][: draw(st.sampled_from([0, 1, 2, 2]))]:
        scale = 1 if night else 5
        others = draw(st.sampled_from([frozenset(), frozenset(), frozenset({99}), frozenset({CHECK_UP, 99})]))
        found.append(
            Session(
                draw(st.sampled_from([CITY, CITY, CITY, SUBURB])),
                opens * scale,
                closes * scale,
                draw(st.sampled_from([5, 15, 20, 45, 60, 2000])),
                others,
                draw(st.sampled_from([0, 60, 2000])),
            )
        )
    return found


def rules_for(people: tuple[int, ...], rooms: tuple[int, ...]) -> st.SearchStrategy[ServiceRules]:
    buffer = st.sampled_from([0, 0, 5, 17, 45])
    return st.builds(
        ServiceRules,
        id=st.just(CHECK_UP),
        minutes=st.sampled_from([1, 10, 20, 30, 45, 180]),
        practitioners=st.permutations(people).map(tuple),
        rooms=st.just(rooms),
        practitioner_buffers=st.builds(Buffers, buffer, buffer),
        room_buffers=st.builds(Buffers, buffer, buffer),
        step=st.sampled_from([0, 0, 0, 10, 25, 3000]),
        lead=st.sampled_from([0, 0, 7, 300]),
        horizon=st.sampled_from([0, 1, 62, 62]),
    )


def loaded(question: Question) -> Span:
    return window(question.setup, CHECK_UP, question.first, question.last)
