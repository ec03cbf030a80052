"""When reminders go: properties in any zone on any day, each with a broken rule that it catches, and the days people know."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.scheduling.clinics import at, control, quick
from turnet.reminders.rules import (
    ALL_REST,
    APART,
    EARLIEST,
    FOLLOWED,
    GIVE_UP,
    RULES,
    TOLD_JUST_NOW,
    TOO_NEAR,
    USELESS,
    Duty,
    Rest,
    Rule,
    due,
    duties,
)

TWO_DAYS, ONE_DAY = RULES
BOTH = ("email", "sms")
FINLAND = Rest("Europe/Helsinki", 6, frozenset({date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 26)}))
ISRAEL = Rest("Asia/Jerusalem", 5, frozenset({date(2026, 9, 12), date(2026, 9, 13)}), eve=15 * 60)
"""Rosh Hashana 2026 is a Saturday and a Sunday."""
ZONES = [*sorted(available_timezones()), *["Europe/Helsinki", "Asia/Jerusalem"] * 100]
CHANGES = [date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 27), date(2027, 3, 28), date(2026, 4, 5)]


# --- properties


@dataclass(frozen=True)
class Case:
    start: int
    rule: Rule
    rest: Rest


@st.composite
def cases(draw: st.DrawFn) -> Case:
    day = draw(
        st.one_of(
            st.dates(date(2024, 1, 10), date(2035, 12, 20)),
            st.builds(lambda day, days: day + timedelta(days), st.sampled_from(CHANGES), st.integers(-1, 4)),
        )
    )
    holidays = draw(st.frozensets(st.integers(0, 4).map(lambda days: day - timedelta(days)), max_size=4))
    rest = Rest(draw(st.sampled_from(ZONES)), draw(st.integers(0, 6)), holidays, draw(st.sampled_from([900, 1200])))
    minutes = draw(st.integers(0, 1439))
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(rest.zone))
    return Case(int(midnight.timestamp()) // 60 + minutes, draw(st.sampled_from(RULES)), rest)


def shown(minute: int, zone: str) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(ZoneInfo(zone))


def rests(day: date, rest: Rest) -> bool:
    return day.weekday() == rest.weekday or day in rest.holidays


def disturbs(minute: int, rest: Rest) -> bool:
    """Asked of `datetime` alone."""
    moment = shown(minute, rest.zone)
    tomorrow_rests = rests(moment.date() + timedelta(days=1), rest)
    hours = range(8, rest.eve // 60 if tomorrow_rests else 20)
    return rests(moment.date(), rest) or moment.hour not in hours


def promised(case: Case) -> int:
    """The same wall time so many days before; in a gap what `datetime` makes of it, which is after the gap."""
    moment = shown(case.start, case.rest.zone)
    earlier = moment.replace(tzinfo=None, fold=0) - timedelta(days=case.rule.days_before)
    return int(earlier.replace(tzinfo=ZoneInfo(case.rest.zone)).timestamp()) // 60


When = Callable[[int, Rule, Rest], int | None]


def disturbs_nobody(case: Case, when: When) -> None:
    found = when(case.start, case.rule, case.rest)
    assert found is None or not disturbs(found, case.rest)


def is_never_later_than_promised(case: Case, when: When) -> None:
    found = when(case.start, case.rule, case.rest)
    assert found is None or found <= promised(case)


def has_no_later_minute_that_would_do(case: Case, when: When) -> None:
    found = when(case.start, case.rule, case.rest)
    first = promised(case) - GIVE_UP * 1440 if found is None else found + 1
    assert [minute for minute in range(first, promised(case) + 1, 7) if not disturbs(minute, case.rest)] == []


def is_within_what_is_planned_ahead(case: Case, when: When) -> None:
    found = when(case.start, case.rule, case.rest)
    assert found is None or found >= case.start - EARLIEST / timedelta(minutes=1)


PROPERTIES = (
    disturbs_nobody, is_never_later_than_promised, has_no_later_minute_that_would_do, is_within_what_is_planned_ahead,
)  # fmt: skip


@pytest.mark.parametrize("holds", PROPERTIES)
def test_property_holds(holds: Callable[[Case, When], None]) -> None:
    @quick
    @given(cases())
    def every(case: Case) -> None:
        holds(case, due)

    every()


def _wall_time_alone(start: int, rule: Rule, rest: Rest) -> int | None:
    return promised(Case(start, rule, rest))


def _later_instead(start: int, rule: Rule, rest: Rest) -> int | None:
    return rest.after(promised(Case(start, rule, rest)))


def _a_day_too_early(start: int, rule: Rule, rest: Rest) -> int | None:
    return due(start - 1440, rule, rest)


def _without_end(start: int, rule: Rule, rest: Rest) -> int | None:
    return start - 11 * 1440


@pytest.mark.parametrize(
    ("holds", "broken"),
    [
        (disturbs_nobody, _wall_time_alone),
        (is_never_later_than_promised, _later_instead),
        (has_no_later_minute_that_would_do, _a_day_too_early),
        (is_within_what_is_planned_ahead, _without_end),
    ],
)
def test_control_would_be_caught(holds: Callable[[Case, When], None], broken: When) -> None:
    @control
    @given(cases())
    def every(case: Case) -> None:
        holds(case, broken)

    with pytest.raises(AssertionError):
        every()


@quick
@given(cases(), st.integers(0, 20 * 1440), st.sets(st.sampled_from(BOTH)))
def test_reminders_keep_their_distance_from_the_confirmation_from_each_other_and_from_the_visit(
    case: Case, before: int, channels: set[str]
) -> None:
    made = case.start - before

    found = duties(case.start, made, channels, case.rest)
    real = [duty.due for duty in found if not duty.reason]

    assert {duty.rule.channel for duty in found} == channels, "each rule that leads somewhere has a row, and no other"
    assert all(at > made + APART and at <= case.start - USELESS for at in real)
    assert all(other - one >= APART for one, other in pairwise(real))


# --- the days people know


def when(start: str, rule: Rule = ONE_DAY, rest: Rest = FINLAND) -> str:
    found = due(at(start, rest.zone), rule, rest)
    return "never" if found is None else shown(found, rest.zone).strftime("%a %d %b %H:%M")


def test_a_reminder_goes_at_the_time_of_the_visit_so_many_days_before() -> None:
    assert (when("2026-12-03 09:20", TWO_DAYS), when("2026-12-03 09:20")) == ("Tue 01 Dec 09:20", "Wed 02 Dec 09:20")


@pytest.mark.parametrize(
    ("start", "goes"),
    [
        ("2026-12-03 07:30", "Tue 01 Dec 19:59"),
        ("2026-12-03 08:00", "Wed 02 Dec 08:00"),
        ("2026-12-03 19:59", "Wed 02 Dec 19:59"),
        ("2026-12-03 20:00", "Wed 02 Dec 19:59"),
        ("2026-12-03 23:30", "Wed 02 Dec 19:59"),
    ],
)
def test_quiet_hours_move_it_to_the_evening_before_them(start: str, goes: str) -> None:
    assert when(start) == goes


def test_a_finnish_sunday_moves_it_to_saturday_evening() -> None:
    assert when("2026-12-07 10:00") == "Sat 05 Dec 19:59"


def test_holidays_in_a_row_move_it_before_all_of_them() -> None:
    assert when("2026-12-28 10:00") == "Wed 23 Dec 19:59", "Sunday, and three days of Christmas"


@pytest.mark.parametrize(
    ("start", "goes"),
    [
        ("2026-12-06 10:00", "Fri 04 Dec 14:59"),  # Sunday: the day before is Saturday
        ("2026-12-05 17:00", "Fri 04 Dec 14:59"),  # Saturday evening itself
        ("2026-12-04 10:00", "Thu 03 Dec 10:00"),
        ("2026-12-05 14:00", "Fri 04 Dec 14:00"),
        ("2026-09-14 10:00", "Fri 11 Sep 14:59"),  # the day after Rosh Hashana
    ],
)
def test_in_israel_rest_begins_on_the_eve_at_three(start: str, goes: str) -> None:
    assert when(start, rest=ISRAEL) == goes


def test_clinic_without_holidays_rests_once_a_week() -> None:
    assert when("2026-12-28 10:00", rest=replace(FINLAND, holidays=frozenset())) == "Sat 26 Dec 19:59"


@pytest.mark.parametrize(
    ("start", "goes"),
    [
        ("2026-03-30 10:00", "Sat 28 Mar 19:59"),  # the day before the change is its Sunday
        ("2026-03-31 10:00", "Sun 29 Mar 10:00"),
        ("2026-10-27 10:00", "Sun 25 Oct 10:00"),
    ],
)
def test_wall_time_stays_over_a_change_of_the_clock(start: str, goes: str) -> None:
    rule = ONE_DAY if start.startswith("2026-03-30") else TWO_DAYS
    rest = FINLAND if rule is ONE_DAY else replace(FINLAND, weekday=2)
    assert when(start, rule, rest) == goes


def test_a_time_that_does_not_exist_that_day_is_before_the_gap_and_one_that_exists_twice_is_the_first() -> None:
    awake = _Awake("Europe/Helsinki", 2)

    gap, twice = (due(at(f"{day} 03:30"), ONE_DAY, awake) for day in ("2026-03-30", "2026-10-26"))

    assert gap == at("2026-03-29 02:59")
    assert twice == at("2026-10-25 03:30", fold=0) == at("2026-10-25 03:30", fold=1) - 60


class _Awake(Rest):
    """No quiet hours: they hide what a clock does at night."""

    def before(self, at: int) -> int | None:
        return at


def test_when_every_day_rests_there_is_no_reminder() -> None:
    always = replace(FINLAND, holidays=frozenset(date(2026, 11, 1) + timedelta(days) for days in range(60)))

    assert when("2026-12-10 10:00", rest=always) == "never"
    assert always.after(at("2026-12-10 10:00")) is None
    assert [duty.reason for duty in duties(at("2026-12-10 10:00"), 0, BOTH, always)] == [ALL_REST, ALL_REST]


# --- which of them a visit has

THURSDAY = at("2026-12-03 09:20")


def reasons(start: int, made: int, channels: tuple[str, ...] = BOTH, rest: Rest = FINLAND) -> dict[str, str]:
    return {duty.rule.name: duty.reason for duty in duties(start, made, channels, rest)}


def test_mail_two_days_before_and_sms_one_day_before() -> None:
    assert duties(THURSDAY, at("2026-11-20 12:00"), BOTH, FINLAND) == (
        Duty(TWO_DAYS, at("2026-12-01 09:20")),
        Duty(ONE_DAY, at("2026-12-02 09:20")),
    )


def test_only_channels_that_lead_to_somebody_count() -> None:
    made = at("2026-11-20 12:00")

    assert [reasons(THURSDAY, made, channels) for channels in (("email",), ("sms",), ())] == [
        {"two_days": ""}, {"one_day": ""}, {},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("made", "two_days", "one_day"),
    [
        ("2026-12-01 07:19", "", ""),
        ("2026-12-01 07:20", TOLD_JUST_NOW, ""),  # two hours before it would go
        ("2026-12-02 07:19", TOLD_JUST_NOW, ""),
        ("2026-12-02 07:20", TOLD_JUST_NOW, TOLD_JUST_NOW),
        ("2026-12-03 09:00", TOLD_JUST_NOW, TOLD_JUST_NOW),
    ],
)
def test_who_books_inside_the_window_has_just_been_told(made: str, two_days: str, one_day: str) -> None:
    assert reasons(THURSDAY, at(made)) == {"two_days": two_days, "one_day": one_day}


def test_of_two_that_would_go_at_about_the_same_time_the_later_rule_stays() -> None:
    """Sunday in Israel: Friday at the visit's own time, and Friday before rest begins."""
    made = at("2026-11-20 12:00", ISRAEL.zone)

    found = [reasons(at(f"2026-12-06 {time}", ISRAEL.zone), made, rest=ISRAEL) for time in ("12:59", "13:00", "18:00")]

    assert found == [
        {"two_days": "", "one_day": ""},
        {"two_days": FOLLOWED, "one_day": ""},
        {"two_days": FOLLOWED, "one_day": ""},
    ]


def test_one_that_will_not_go_takes_nobodys_place() -> None:
    found = reasons(at("2026-12-06 13:00", ISRAEL.zone), at("2026-12-04 12:59", ISRAEL.zone), rest=ISRAEL)

    assert found == {"two_days": TOLD_JUST_NOW, "one_day": TOLD_JUST_NOW}


def test_none_goes_when_less_than_two_hours_would_be_left() -> None:
    same_day = (Rule("same_day", "sms", 0),)

    assert [duty.reason for duty in duties(THURSDAY, 0, BOTH, FINLAND, same_day)] == [TOO_NEAR]
    early = duties(at("2026-12-03 07:00"), 0, BOTH, FINLAND, same_day)
    assert early == (Duty(same_day[0], at("2026-12-02 19:59")),)


# --- late ones


@pytest.mark.parametrize(
    ("now", "after"),
    [
        ("2026-12-01 12:00", "2026-12-01 12:00"),
        ("2026-12-01 19:59", "2026-12-01 19:59"),
        ("2026-12-01 20:00", "2026-12-02 08:00"),
        ("2026-12-05 20:00", "2026-12-07 08:00"),
        ("2026-12-23 21:00", "2026-12-28 08:00"),
    ],
)
def test_quiet_time_ends_in_the_morning_of_the_next_day_without_rest(now: str, after: str) -> None:
    assert FINLAND.after(at(now)) == at(after)
    assert FINLAND.allows(at(now)) == (now == after)
