"""Wall-clock rules on days of 23, 23½, 24, 24½ and 25 hours."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tests.unit.scheduling.clinics import (
    ADA,
    BEA,
    CITY,
    HELSINKI,
    MONDAY,
    SUBURB,
    at,
    clinic,
    clock,
    hours,
    service,
    weekly,
)
from turnet.scheduling.hours import (
    day_span,
    grid,
    instants,
    is_open,
    local,
    local_day,
    pieces,
    session_span,
    sessions,
)
from turnet.scheduling.rules import Closed, Session
from turnet.scheduling.spans import Span

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
ALL_DAY = Session(CITY, 0, 1440, 30)
ZONES = [
    "Asia/Jerusalem",
    "Europe/Helsinki",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Sao_Paulo",
]


# --- every day of nine years


def half_hours_by_local_day(zone: str) -> dict[date, list[tuple[int, int]]]:
    """(UTC minute, minute on the wall) of every real half hour of 2024–2032, asked of `datetime` one by one."""
    found: dict[date, list[tuple[int, int]]] = defaultdict(list)
    there = ZoneInfo(zone)
    first, last = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) // 60 for year in (2024, 2033))
    for minute in range(first - 1440, last + 1440, 30):
        shown = datetime.fromtimestamp(minute * 60, there)
        found[shown.date()].append((minute, shown.hour * 60 + shown.minute))
    return found


def only_and_all_instants_that_exist(zone: str, starts: Callable[[str, date, Session, int], Iterator[int]]) -> None:
    real = half_hours_by_local_day(zone)
    for number in range((date(2033, 1, 1) - date(2024, 1, 1)).days):
        day = date(2024, 1, 1) + timedelta(days=number)
        assert list(starts(zone, day, ALL_DAY, 30)) == [minute for minute, _ in real[day]], str(day)


@pytest.mark.parametrize("zone", ZONES)
def test_every_day_of_nine_years_has_exactly_the_instants_that_exist(zone: str) -> None:
    only_and_all_instants_that_exist(zone, grid)


def test_arithmetic_from_midnight_would_be_caught() -> None:
    def from_midnight(zone: str, day: date, session: Session, step: int) -> Iterator[int]:
        yield from range(at(f"{day} 00:00", zone), at(f"{day} 00:00", zone) + 1440, step)

    with pytest.raises(AssertionError, match="2024-03-31"):
        only_and_all_instants_that_exist(HELSINKI, from_midnight)


def test_datetime_with_a_zone_would_be_caught() -> None:
    def wall_first(zone: str, day: date, session: Session, step: int) -> Iterator[int]:
        for minute in range(0, 1440, step):
            yield at(f"{day} {minute // 60:02}:{minute % 60:02}", zone)

    with pytest.raises(AssertionError, match="2024-04-26"):
        only_and_all_instants_that_exist("Africa/Cairo", wall_first)


@pytest.mark.parametrize("zone", [*ZONES, "America/Nuuk", "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Auckland"])
def test_days_follow_each_other_without_gap(zone: str) -> None:
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(3288)]
    spans = [day_span(zone, day) for day in days]

    assert [one.end for one in spans[:-1]] == [other.start for other in spans[1:]]
    assert [local_day(zone, span.start) for span in spans] == days
    assert [local_day(zone, span.end - 1) for span in spans] == days


def test_the_machines_own_zone_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = set()
    for machine in ("UTC", "Pacific/Kiritimati", "America/St_Johns"):
        monkeypatch.setenv("TZ", machine)
        time.tzset()
        pieces.cache_clear()
        answers.add((day_span(HELSINKI, SPRING), tuple(grid(HELSINKI, AUTUMN, ALL_DAY, 30))))
    monkeypatch.undo()
    time.tzset()

    assert len(answers) == 1


# --- single days


def test_day_span_lengths_on_change_days() -> None:
    def length(zone: str, day: date) -> int:
        span = day_span(zone, day)
        return span.end - span.start

    assert length(HELSINKI, MONDAY) == 24 * 60
    assert length(HELSINKI, SPRING) == 23 * 60
    assert length(HELSINKI, AUTUMN) == 25 * 60
    assert length("Australia/Lord_Howe", date(2026, 10, 4)) == 23 * 60 + 30
    assert length("Australia/Lord_Howe", date(2026, 4, 5)) == 24 * 60 + 30


def test_a_day_that_begins_at_one_in_cairo() -> None:
    day = date(2026, 4, 24)

    assert local("Africa/Cairo", day_span("Africa/Cairo", day).start) == (day, 60)
    assert instants("Africa/Cairo", day, 30) == ()


def test_a_date_that_samoa_skipped_has_no_time() -> None:
    day = date(2011, 12, 30)
    span = day_span("Pacific/Apia", day)

    assert span.start == span.end == day_span("Pacific/Apia", date(2011, 12, 31)).start
    assert list(grid("Pacific/Apia", day, ALL_DAY, 30)) == []


def test_instants_of_a_wall_time() -> None:
    half_past_three = 3 * 60 + 30

    assert instants(HELSINKI, MONDAY, half_past_three) == (at("2026-06-01 03:30"),)
    assert instants(HELSINKI, SPRING, half_past_three) == ()
    assert instants(HELSINKI, AUTUMN, half_past_three) == (at("2026-10-25 03:30"), at("2026-10-25 03:30", fold=1))


def test_the_first_and_last_dates_there_are_can_be_asked_for() -> None:
    assert day_span(HELSINKI, date.max).end - day_span(HELSINKI, date.max).start == 1440
    assert day_span(HELSINKI, date.min).start < day_span(HELSINKI, date.min).end


def test_session_in_the_gap_shrinks_to_what_exists() -> None:
    session = hours("02:30-03:30")

    assert session_span(HELSINKI, SPRING, session) == Span(at("2026-03-29 02:30"), at("2026-03-29 04:00"))
    assert at("2026-03-29 04:00") - at("2026-03-29 02:30") == 30
    assert clock(list(grid(HELSINKI, SPRING, session, 15))) == ["02:30", "02:45"]


def test_session_wholly_in_the_gap_does_not_take_place() -> None:
    assert session_span(HELSINKI, SPRING, hours("03:10-03:50")) is None
    assert list(grid(HELSINKI, SPRING, hours("03:10-03:50"), 10)) == []


def test_grid_goes_on_behind_the_gap_as_the_wall_clock_does() -> None:
    assert clock(list(grid(HELSINKI, SPRING, hours("02:00-05:00"), 45))) == ["02:00", "02:45", "04:15"]


def test_session_in_the_repeated_hour_lasts_until_its_second_end() -> None:
    session = hours("02:30-03:30")
    starts = list(grid(HELSINKI, AUTUMN, session, 30))

    assert session_span(HELSINKI, AUTUMN, session) == Span(at("2026-10-25 02:30"), at("2026-10-25 03:30", fold=1))
    assert starts == [at("2026-10-25 02:30"), at("2026-10-25 03:00"), at("2026-10-25 03:00", fold=1)]


def test_half_an_hour_repeated_on_lord_howe() -> None:
    zone = "Australia/Lord_Howe"
    starts = list(grid(zone, date(2026, 4, 5), hours("01:00-02:30"), 30))

    assert clock(starts, zone) == ["01:00", "01:30", "01:30", "02:00"]
    assert [other - one for one, other in pairwise(starts)] == [30, 30, 30]


def test_session_until_midnight_ends_with_the_day() -> None:
    span = session_span(HELSINKI, AUTUMN, hours("22:00-24:00"))

    assert span == Span(at("2026-10-25 22:00"), at("2026-10-26 00:00"))


# --- which sessions


def walls(setup: object, day: date, practitioner: int = ADA) -> list[tuple[int, int]]:
    return [(session.opens, session.closes) for session, _ in sessions(setup, practitioner, day)]  # type: ignore[arg-type]


@pytest.mark.parametrize("weekday", range(7))
def test_weekday_zero_is_monday(weekday: int) -> None:
    setup = clinic(weekly=tuple(weekly(ADA, hours("09:00-12:00"), days=[weekday])))
    week = [MONDAY + timedelta(days=number) for number in range(7)]

    assert [day for day in week if sessions(setup, ADA, day)] == [week[weekday]]


def test_weekly_hours_hold_from_and_until_their_last_day() -> None:
    rule = weekly(ADA, hours("09:00-12:00"), valid_from=MONDAY, valid_until=MONDAY + timedelta(days=1))
    setup = clinic(weekly=tuple(rule))
    days = [MONDAY + timedelta(days=number) for number in range(-1, 3)]

    assert [len(sessions(setup, ADA, day)) for day in days] == [0, 1, 1, 0]


def test_public_holiday_closes_weekly_hours() -> None:
    assert walls(clinic(holidays=frozenset({MONDAY})), MONDAY) == []


def test_dated_hours_replace_weekly_ones_and_the_holiday() -> None:
    setup = clinic(holidays=frozenset({MONDAY}), dated={(ADA, MONDAY): (hours("15:00-16:00"), hours("13:00-14:00"))})

    assert walls(setup, MONDAY) == [(780, 840), (900, 960)]


def test_no_dated_sessions_is_a_day_off() -> None:
    setup = clinic(dated={(ADA, MONDAY): ()})

    assert (walls(setup, MONDAY), walls(setup, MONDAY + timedelta(days=1))) == ([], [(540, 720)])


def test_is_open_from_the_first_minute_to_before_the_last() -> None:
    setup = clinic()

    assert [is_open(setup, at(f"2026-06-01 {text}")) for text in ("08:59", "09:00", "11:59", "12:00")] == [
        False,
        True,
        True,
        False,
    ]


def test_is_open_as_long_as_anybody_is_there() -> None:
    closed = Closed(Span(at("2026-06-01 00:00"), at("2026-06-02 00:00")), location=CITY)
    both = (*weekly(ADA, hours("09:00-12:00")), *weekly(BEA, hours("09:00-12:00", location=SUBURB)))
    nine = at("2026-06-01 09:00")

    assert is_open(clinic(service(), weekly=both, closures=(closed,)), nine)
    assert not is_open(clinic(service(), weekly=both[:7], closures=(closed,)), nine)
