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
from turnet.reminders import rules
from turnet.reminders.model import Round, RoundKind
from turnet.reminders.rules import (
    ALL_REST,
    ALL_REST_AFTER,
    APART,
    CHECKIN_FROM,
    FOLDED,
    FOLLOWED,
    GIVE_UP,
    STALE,
    TOLD_JUST_NOW,
    TOO_NEAR,
    USELESS,
    Duty,
    Planned,
    Rest,
    ahead,
    back,
    due,
)

TWO_DAYS = Round("two_days", RoundKind.REMINDER, ("email",), days=-2, position=1)
ONE_DAY = Round("one_day", RoundKind.REMINDER, ("sms",), days=-1, position=2)
RULES = (TWO_DAYS, ONE_DAY)
AT_FIVE = replace(TWO_DAYS, name="at_five", days=-3, at_minute=17 * 60)
HOURS_BEFORE = replace(ONE_DAY, name="hours", days=0, minutes=-180)
CHECKIN = Round("checkin", RoundKind.CHECKIN, ("sms",), minutes=-120)
AFTERCARE = Round("aftercare", RoundKind.AFTERCARE, ("email", "sms"), minutes=60)
FEEDBACK = Round("feedback", RoundKind.FEEDBACK, ("sms",), days=1, at_minute=12 * 60)
BOTH = ("email", "sms")
LASTS = 30
"""Minutes of every visit here."""
FINLAND = Rest("Europe/Helsinki", 6, frozenset({date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 26)}))
ISRAEL = Rest("Asia/Jerusalem", 5, frozenset({date(2026, 9, 12), date(2026, 9, 13)}), eve=15 * 60)
"""Rosh Hashana 2026 is a Saturday and a Sunday."""
ZONES = [*sorted(available_timezones()), *["Europe/Helsinki", "Asia/Jerusalem"] * 100]
CHANGES = [date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 27), date(2027, 3, 28), date(2026, 4, 5)]


# --- properties

OF_CASES = (TWO_DAYS, ONE_DAY, AT_FIVE, HOURS_BEFORE, AFTERCARE, FEEDBACK)


@dataclass(frozen=True)
class Case:
    start: int
    round: Round
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
    return Case(int(midnight.timestamp()) // 60 + minutes, draw(st.sampled_from(OF_CASES)), rest)


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
    """Reckoned by `datetime`; in a gap what that makes of it, which is after the gap."""
    round, zone = case.round, ZoneInfo(case.rest.zone)
    if not round.days:
        return case.start + round.minutes + (LASTS if round.minutes > 0 else 0)
    moment = shown(case.start, case.rest.zone).replace(tzinfo=None, fold=0)
    if round.at_minute is not None:
        moment = moment.replace(hour=round.at_minute // 60, minute=round.at_minute % 60)
    found = int((moment + timedelta(days=round.days)).replace(tzinfo=zone).timestamp()) // 60
    return max(found, case.start + LASTS) if round.after else found


When = Callable[[int, int, Round, Rest], int | None]


def asked(case: Case, when: When) -> int | None:
    return when(case.start, case.start + LASTS, case.round, case.rest)


def disturbs_nobody(case: Case, when: When) -> None:
    found = asked(case, when)
    assert found is None or not disturbs(found, case.rest)


def before_a_visit_is_never_later_than_promised_and_after_it_never_earlier(case: Case, when: When) -> None:
    found = asked(case, when)
    assert found is None or (found >= promised(case) if case.round.after else found <= promised(case))


def has_no_nearer_minute_that_would_do(case: Case, when: When) -> None:
    found = asked(case, when)
    if case.round.after:
        between = range(promised(case), promised(case) + STALE if found is None else found, 7)
    else:
        first = promised(case) - GIVE_UP * 1440 if found is None else found + 1
        between = range(first, promised(case) + 1, 7)
    assert [minute for minute in between if not disturbs(minute, case.rest)] == []


def is_within_what_is_looked_at(case: Case, when: When) -> None:
    found = asked(case, when)
    first, last = ahead([case.round]), back([case.round])
    minutes = timedelta(minutes=1)
    assert found is None or case.start - first / minutes <= found
    assert found is None or not case.round.after or found <= case.start + last / minutes


PROPERTIES = (
    disturbs_nobody, before_a_visit_is_never_later_than_promised_and_after_it_never_earlier,
    has_no_nearer_minute_that_would_do, is_within_what_is_looked_at,
)  # fmt: skip


@pytest.mark.parametrize("holds", PROPERTIES)
def test_property_holds(holds: Callable[[Case, When], None]) -> None:
    @quick
    @given(cases())
    def every(case: Case) -> None:
        holds(case, due)

    every()


def _wall_time_alone(start: int, _end: int, round: Round, rest: Rest) -> int | None:
    return promised(Case(start, round, rest))


def _the_other_way(start: int, _end: int, round: Round, rest: Rest) -> int | None:
    at = promised(Case(start, round, rest))
    return rest.before(at) if round.after else rest.after(at)


def _a_day_off(start: int, end: int, round: Round, rest: Rest) -> int | None:
    by = 1440 if round.after else -1440
    return due(start + by, end + by, round, rest)


def _without_end(start: int, _end: int, round: Round, _rest: Rest) -> int | None:
    return start - 12 * 1440 if not round.after else start + 12 * 1440


@pytest.mark.parametrize(
    ("holds", "broken"),
    [
        (disturbs_nobody, _wall_time_alone),
        (before_a_visit_is_never_later_than_promised_and_after_it_never_earlier, _the_other_way),
        (has_no_nearer_minute_that_would_do, _a_day_off),
        (is_within_what_is_looked_at, _without_end),
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

    found = duties(case.start, made, tuple(channels), case.rest)
    real = [duty.due for duty in found if not duty.reason]

    assert {duty.channel for duty in found} == channels, "each rule that leads somewhere has a row, and no other"
    assert all(at > made + APART and at <= case.start - USELESS for at in real)
    assert all(other - one >= APART for one, other in pairwise(real))


# --- the days people know


def duties(
    start: int, made: int, channels: tuple[str, ...], rest: Rest, rounds: tuple[Round, ...] = RULES
) -> tuple[Duty, ...]:
    return rules.duties(Planned(start, start + LASTS, made, channels), rest, rounds)


def when(start: str, round: Round = ONE_DAY, rest: Rest = FINLAND) -> str:
    found = due(at(start, rest.zone), at(start, rest.zone) + LASTS, round, rest)
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
    round = ONE_DAY if start.startswith("2026-03-30") else TWO_DAYS
    rest = FINLAND if round is ONE_DAY else replace(FINLAND, weekday=2)
    assert when(start, round, rest) == goes


def test_a_time_that_does_not_exist_that_day_is_before_the_gap_and_one_that_exists_twice_is_the_first() -> None:
    awake = _Awake("Europe/Helsinki", 2)

    gap, twice = (due(at(f"{day} 03:30"), at(f"{day} 04:30"), ONE_DAY, awake) for day in ("2026-03-30", "2026-10-26"))

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
    return {duty.round.name: duty.reason for duty in duties(start, made, channels, rest)}


def test_mail_two_days_before_and_sms_one_day_before() -> None:
    assert duties(THURSDAY, at("2026-11-20 12:00"), BOTH, FINLAND) == (
        Duty(TWO_DAYS, "email", at("2026-12-01 09:20")),
        Duty(ONE_DAY, "sms", at("2026-12-02 09:20")),
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
    same_day = (replace(ONE_DAY, name="same_day", days=0),)

    assert [duty.reason for duty in duties(THURSDAY, 0, BOTH, FINLAND, same_day)] == [TOO_NEAR]
    early = duties(at("2026-12-03 07:00"), 0, BOTH, FINLAND, same_day)
    assert early == (Duty(same_day[0], "sms", at("2026-12-02 19:59")),)


# --- other rounds


@pytest.mark.parametrize(
    ("round", "goes"),
    [
        (AT_FIVE, "Mon 30 Nov 17:00"),
        (HOURS_BEFORE, "Thu 03 Dec 11:30"),
        (CHECKIN, "Thu 03 Dec 12:30"),
        (AFTERCARE, "Thu 03 Dec 16:00"),
        (FEEDBACK, "Fri 04 Dec 12:00"),
        (replace(ONE_DAY, days=0, at_minute=9 * 60), "Thu 03 Dec 09:00"),
        (replace(AFTERCARE, days=7, minutes=0), "Thu 10 Dec 14:30"),
        (replace(AFTERCARE, days=1, minutes=60), "Fri 04 Dec 16:00"),
    ],
    ids=lambda value: value.name if isinstance(value, Round) else None,
)
def test_a_round_says_when(round: Round, goes: str) -> None:
    assert when("2026-12-03 14:30", round) == goes


@pytest.mark.parametrize(
    ("start", "round", "goes"),
    [
        ("2026-12-04 19:30", AFTERCARE, "Sat 05 Dec 08:00"),  # 21:00 is a quiet hour
        ("2026-12-05 19:30", AFTERCARE, "Mon 07 Dec 08:00"),  # and Sunday a day of rest
        ("2026-12-05 10:00", FEEDBACK, "Mon 07 Dec 08:00"),
        ("2026-12-23 10:00", FEEDBACK, "never"),  # three days of Christmas and a Sunday
        ("2026-12-23 10:00", TWO_DAYS, "Mon 21 Dec 10:00"),
    ],
)
def test_what_goes_after_a_visit_moves_later_and_is_given_up_after_three_days(
    start: str, round: Round, goes: str
) -> None:
    assert when(start, round) == goes


def test_given_up_is_said() -> None:
    [found] = duties(at("2026-12-23 10:00"), 0, BOTH, FINLAND, (FEEDBACK,))

    assert found.reason == ALL_REST_AFTER


@pytest.mark.parametrize(
    ("start", "round", "made", "reason"),
    [
        ("2026-12-03 10:00", CHECKIN, 0, ""),
        ("2026-12-03 09:59", CHECKIN, 0, FOLDED),  # 07:59 is a quiet hour
        ("2026-12-03 21:30", CHECKIN, 0, ""),  # 19:30
        ("2026-12-03 22:05", CHECKIN, 0, ""),  # at 19:59, six minutes earlier
        ("2026-12-06 12:00", CHECKIN, 0, FOLDED),  # a Sunday
        ("2026-12-03 23:30", CHECKIN, 0, FOLDED),  # more than three hours before would be no check-in
        ("2026-12-03 12:00", CHECKIN, "2026-12-03 10:00", TOLD_JUST_NOW),
        ("2026-12-03 12:00", CHECKIN, "2026-12-03 09:59", ""),
        ("2026-12-03 14:30", HOURS_BEFORE, "2026-12-03 09:31", TOLD_JUST_NOW),
        ("2026-12-03 14:30", replace(ONE_DAY, days=0, minutes=-60), 0, ""),
    ],
)
def test_a_check_in_goes_shortly_before_or_is_folded_into_the_reminder(
    start: str, round: Round, made: str | int, reason: str
) -> None:
    [found] = duties(at(start), at(made) if isinstance(made, str) else made, BOTH, FINLAND, (round,))

    assert found.reason == reason


def test_a_check_in_takes_no_reminders_place_and_loses_its_own_to_none() -> None:
    made, hours = at("2026-11-20 12:00"), replace(HOURS_BEFORE, minutes=-150)

    found = duties(at("2026-12-03 14:30"), made, BOTH, FINLAND, (CHECKIN, ONE_DAY, hours))

    assert [(duty.round.name, duty.reason) for duty in found] == [("one_day", ""), ("hours", ""), ("checkin", "")]


@quick
@given(cases(), st.integers(-240, -16))
def test_a_check_in_never_goes_in_the_night_before(case: Case, minutes: int) -> None:
    [found] = duties(case.start, 0, BOTH, case.rest, (replace(CHECKIN, minutes=minutes),))

    assert found.reason == FOLDED or case.start - CHECKIN_FROM <= found.due < case.start
    assert found.reason == FOLDED or not disturbs(found.due, case.rest)


def test_the_first_channel_that_leads_to_somebody_is_taken() -> None:
    either = replace(TWO_DAYS, channels=("email", "sms"))

    assert [
        [duty.channel for duty in duties(THURSDAY, 0, channels, FINLAND, (either,))]
        for channels in (BOTH, ("sms",), ("email",), ())
    ] == [["email"], ["sms"], ["email"], []]
    assert (either.next_channel("email"), either.next_channel("sms"), TWO_DAYS.next_channel("email")) == (
        "sms",
        None,
        None,
    )


def test_a_round_is_for_its_own_place_and_service() -> None:
    here = (replace(ONE_DAY, location=1), replace(ONE_DAY, name="other", service=7))

    def of(location: int, service: int) -> list[str]:
        visit = Planned(THURSDAY, THURSDAY + LASTS, 0, BOTH, location, service)
        return [duty.round.name for duty in rules.duties(visit, FINLAND, here)]

    assert (of(1, 7), of(1, 8), of(2, 7), of(2, 8)) == (["one_day", "other"], ["one_day"], ["other"], [])


# --- the nights on which clocks change

NIGHTS = {
    "Europe/Helsinki": ("2026-03-29", "2026-10-25"),
    "Asia/Jerusalem": ("2026-03-27", "2026-10-25"),
}


@pytest.mark.parametrize("zone", NIGHTS)
@pytest.mark.parametrize(
    ("round", "start", "spring", "autumn"),
    [  # promised times on the change day's own clock; a visit so many days around it
        (replace(TWO_DAYS, days=-1), "+1 10:00", "10:00", "10:00"),
        (replace(TWO_DAYS, days=-1, at_minute=17 * 60), "+1 10:00", "17:00", "17:00"),
        (replace(TWO_DAYS, days=0, minutes=-180), "+0 10:00", "07:00", "07:00"),
        (replace(TWO_DAYS, days=0, minutes=-600), "+0 10:00", "23:00", "01:00"),
        (AFTERCARE, "-1 23:30", "01:00", "01:00"),
        (replace(AFTERCARE, minutes=240), "-1 23:30", "05:00", "03:00"),
        (FEEDBACK, "-1 10:00", "12:00", "12:00"),
    ],
)
def test_days_are_the_calendars_and_hours_the_clocks(
    zone: str, round: Round, start: str, spring: str, autumn: str
) -> None:
    found = []
    for night in NIGHTS[zone]:
        days, clock = start.split()
        day = date.fromisoformat(night) + timedelta(days=int(days))
        begins = at(f"{day} {clock}", zone)
        found.append(shown(rules.promised(begins, begins + LASTS, round, zone), zone).strftime("%H:%M"))

    assert found == [spring, autumn]


@pytest.mark.parametrize(
    ("zone", "gap", "before"), [("Europe/Helsinki", "03:30", "02:59"), ("Asia/Jerusalem", "02:30", "01:59")]
)
def test_a_time_of_its_own_that_does_not_exist_is_before_the_gap_and_one_that_exists_twice_the_first(
    zone: str, gap: str, before: str
) -> None:
    spring, autumn = NIGHTS[zone]
    minute = int(gap[:2]) * 60 + int(gap[3:])
    twice = minute if zone == "Europe/Helsinki" else 90
    promised_at = []
    for night, wall in ((spring, minute), (autumn, twice)):
        begins = at(f"{date.fromisoformat(night) + timedelta(days=1)} 10:00", zone)
        promised_at.append(rules.promised(begins, begins + LASTS, replace(TWO_DAYS, days=-1, at_minute=wall), zone))

    assert shown(promised_at[0], zone).strftime("%H:%M") == before
    assert promised_at[1] == at(f"{autumn} {twice // 60:02}:{twice % 60:02}", zone, fold=0)


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
