"""Is a setup one that can be worked with? Asked once per setup, before anything is worked out from it."""

from datetime import date
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo

from turnet.scheduling.rules import DAY, BadRules, Buffers, ServiceRules, Session, Setup, WeeklySession

LONGEST_HORIZON = 3660
"""Days; a horizon beyond it is a typing error that would have every page work out years."""


def check(setup: Setup) -> None:
    """Raise `BadRules`, saying which rule and why, unless every day of the setup can be worked out."""
    _zone(setup.zone)
    for rule in setup.weekly:
        _weekly(rule)
    _weekly_overlaps(setup)
    for (practitioner, day), found in setup.dated.items():
        for session in found:
            _session(session, f"hours of practitioner {practitioner} on {day}")
        _dated_overlaps(practitioner, day, found)
    for closed in setup.closures:
        _require(closed.span.start <= closed.span.end, f"closure {tuple(closed.span)} ends before it starts")
    for key, rules in setup.services.items():
        _require(key == rules.id, f"service {rules.id} is listed as {key}")
        _service(rules)
        _resources(setup, rules)


def _require(right: bool, otherwise: str) -> None:
    if not right:
        raise BadRules(otherwise)


def _zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, KeyError) as unknown:
        raise BadRules(f"unknown time zone {zone!r}") from unknown


def _session(session: Session, name: str) -> None:
    _require(session.opens >= 0, f"{name}: opens at {session.opens}, before midnight")
    _require(
        session.opens < session.closes, f"{name}: opens at {session.opens}, not before it closes at {session.closes}"
    )
    _require(session.closes <= DAY, f"{name}: closes at {session.closes}, after 24:00 ({DAY})")
    _require(session.step > 0, f"{name}: step is {session.step} minutes, must be at least 1")
    _require(session.release >= 0, f"{name}: release is {session.release} minutes, must not be negative")


def _weekly(rule: WeeklySession) -> None:
    name = f"weekly hours of practitioner {rule.practitioner}"
    _require(0 <= rule.weekday <= 6, f"{name}: weekday is {rule.weekday}, must be 0 (Monday) to 6")
    if rule.valid_from and rule.valid_until:
        _require(rule.valid_from <= rule.valid_until, f"{name}: valid from {rule.valid_from} until {rule.valid_until}")
    _session(rule.session, f"{name} on weekday {rule.weekday}")


def _weekly_overlaps(setup: Setup) -> None:
    days: dict[tuple[int, int], list[WeeklySession]] = {}
    for rule in setup.weekly:
        days.setdefault((rule.practitioner, rule.weekday), []).append(rule)
    for (practitioner, weekday), rules in days.items():
        for one, other in combinations(rules, 2):
            apart = one.session.closes <= other.session.opens or other.session.closes <= one.session.opens
            _require(
                apart or not _valid_together(one, other),
                f"weekly hours of practitioner {practitioner} on weekday {weekday} overlap: "
                f"{one.session.opens}–{one.session.closes} and {other.session.opens}–{other.session.closes}",
            )


def _valid_together(one: WeeklySession, other: WeeklySession) -> bool:
    first = max(one.valid_from or date.min, other.valid_from or date.min)
    return first <= min(one.valid_until or date.max, other.valid_until or date.max)


def _dated_overlaps(practitioner: int, day: date, found: tuple[Session, ...]) -> None:
    for one, other in pairwise(sorted(found, key=lambda session: session.opens)):
        _require(
            one.closes <= other.opens,
            f"hours of practitioner {practitioner} on {day} overlap: "
            f"{one.opens}–{one.closes} and {other.opens}–{other.closes}",
        )


def _service(rules: ServiceRules) -> None:
    name = f"service {rules.id}"
    _require(rules.minutes > 0, f"{name}: takes {rules.minutes} minutes, must be at least 1")
    _require(rules.step >= 0, f"{name}: step is {rules.step} minutes, must not be negative")
    _require(rules.people > 0, f"{name}: is for {rules.people} people, must be at least 1")
    for word in ("lead", "horizon", "move_until", "cancel_until"):
        amount = getattr(rules, word)
        _require(amount >= 0, f"{name}: {word} is {amount}, must not be negative")
    _require(rules.horizon <= LONGEST_HORIZON, f"{name}: horizon is {rules.horizon} days, at most {LONGEST_HORIZON}")
    _buffers(rules.practitioner_buffers, f"{name}: practitioner's buffer")
    _buffers(rules.room_buffers, f"{name}: room's buffer")


def _buffers(buffers: Buffers, name: str) -> None:
    _require(buffers.before >= 0, f"{name} before is {buffers.before} minutes, must not be negative")
    _require(buffers.after >= 0, f"{name} after is {buffers.after} minutes, must not be negative")


def _resources(setup: Setup, rules: ServiceRules) -> None:
    """A practitioner without hours is merely never offered; one that is a room, or a room nowhere, is a mistake."""
    for room in rules.rooms:
        _require(room in setup.room_locations, f"service {rules.id}: room {room} is missing, it is at no location")
    for practitioner in rules.practitioners:
        _require(practitioner not in setup.room_locations, f"service {rules.id}: practitioner {practitioner} is a room")
    for kind, named in (("practitioner", rules.practitioners), ("room", rules.rooms)):
        _require(len(named) == len(set(named)), f"service {rules.id}: a {kind} is named twice")
