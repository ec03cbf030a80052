"""Rules that describe no day are refused with a text that says which and why; odd but possible ones are not."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.unit.scheduling.clinics import (
    ADA,
    BEA,
    CHECK_UP,
    CITY,
    HELSINKI,
    MONDAY,
    OTHER_ROOM,
    ROOM,
    at,
    clinic,
    hours,
    service,
    weekly,
)
from turnet.scheduling.check import check
from turnet.scheduling.explain import explain
from turnet.scheduling.parties import offered_party
from turnet.scheduling.rules import BadRules, Buffers, Closed, Session, Setup, WeeklySession
from turnet.scheduling.slots import next_change, offered, places
from turnet.scheduling.spans import Span

NOW = at("2026-05-31 12:00")


def with_session(session: Session, **more: Any) -> Setup:
    return clinic(weekly=(WeeklySession(ADA, 0, session, **more),))


DEGENERATE = {
    "takes 0 minutes": clinic(service(0)),
    "takes -30 minutes": clinic(service(-30)),
    "step is -5 minutes, must not be negative": clinic(service(step=-5)),
    "step is 0 minutes, must be at least 1": with_session(Session(CITY, 540, 720, 0)),
    "step is -15 minutes": with_session(Session(CITY, 540, 720, -15)),
    "opens at 720, not before it closes at 720": with_session(Session(CITY, 720, 720, 15)),
    "opens at 720, not before it closes at 540": with_session(Session(CITY, 720, 540, 15)),
    "closes at 1441, after 24:00": with_session(Session(CITY, 540, 1441, 15)),
    "opens at -1, before midnight": with_session(Session(CITY, -1, 540, 15)),
    "release is -1 minutes": with_session(Session(CITY, 540, 720, 15, frozenset({9}), -1)),
    "weekday is 7": clinic(weekly=(WeeklySession(ADA, 7, hours("09:00-10:00")),)),
    "valid from 2026-06-02 until 2026-06-01": with_session(
        hours("09:00-10:00"), valid_from=MONDAY + timedelta(days=1), valid_until=MONDAY
    ),
    "unknown time zone 'Europe/Atlantis'": clinic(zone="Europe/Atlantis"),
    "unknown time zone ''": clinic(zone=""),
    "unknown time zone '../etc/passwd'": clinic(zone="../etc/passwd"),
    "practitioner's buffer before is -1": clinic(service(practitioner_buffers=Buffers(-1, 0))),
    "room's buffer after is -1": clinic(service(room_buffers=Buffers(0, -1))),
    "lead is -1": clinic(service(lead=-1)),
    "horizon is -1": clinic(service(horizon=-1)),
    "horizon is 1000000 days": clinic(service(horizon=1_000_000)),
    "move_until is -1": clinic(service(move_until=-1)),
    "cancel_until is -1": clinic(service(cancel_until=-1)),
    "is for 0 people": clinic(service(people=0)),
    "practitioner 1 on weekday 0 overlap: 540–720 and 660–780": clinic(
        weekly=tuple(weekly(ADA, hours("09:00-12:00"), hours("11:00-13:00", location=2), days=[0]))
    ),
    "practitioner 1 on 2026-06-01 overlap: 540–720 and 660–780": clinic(
        dated={(ADA, MONDAY): (hours("11:00-13:00"), hours("09:00-12:00"))}
    ),
    "on 2026-06-01: step is 0": clinic(dated={(ADA, MONDAY): (Session(CITY, 540, 720, 0),)}),
    "room 11 is missing": clinic(service(rooms=(ROOM,))),
    "practitioner 11 is a room": clinic(service(who=(ROOM,)), room_locations={ROOM: CITY}),
    "a practitioner is named twice": clinic(service(who=(ADA, BEA, ADA))),
    "a room is named twice": clinic(service(rooms=(ROOM, ROOM)), room_locations={ROOM: CITY}),
    "service 7 is listed as 8": Setup(HELSINKI, services={8: service()}),
    "closure (20, 10) ends before it starts": clinic(closures=(Closed(Span(20, 10)),)),
}


@pytest.mark.parametrize(("text", "setup"), DEGENERATE.items(), ids=DEGENERATE)
def test_degenerate_rules_are_refused_by_name(text: str, setup: Setup) -> None:
    with pytest.raises(BadRules) as refused:
        check(setup)

    assert text in str(refused.value)


@pytest.mark.parametrize("setup", DEGENERATE.values(), ids=DEGENERATE)
def test_every_question_about_degenerate_rules_ends_with_the_same_error(setup: Setup) -> None:
    service = next(iter(setup.services))
    questions = [
        lambda: offered(setup, service, MONDAY, MONDAY, {}, now=NOW),
        lambda: places(setup, service, NOW, CITY, {}, now=NOW),
        lambda: explain(setup, service, NOW, {}, now=NOW),
        lambda: next_change(setup, service, MONDAY, MONDAY, now=NOW),
        lambda: offered_party(setup, [service, service], MONDAY, MONDAY, {}, now=NOW, arrangement="consecutive"),
    ]
    for question in questions:
        with pytest.raises(BadRules):
            question()


POSSIBLE = {
    "step longer than the day": (clinic(service(step=5000)), 1),
    "step of a session longer than itself": (with_session(Session(CITY, 540, 720, 1441)), 1),
    "closing at 24:00": (with_session(Session(CITY, 1410, 1440, 15)), 1),
    "a whole day, every minute": (clinic(service(1), weekly=tuple(weekly(ADA, Session(CITY, 0, 1440, 1)))), 1440),
    "service longer than the session": (clinic(service(100_000)), 0),
    "buffers longer than a day": (clinic(service(practitioner_buffers=Buffers(5000, 5000))), 6),
    "lead longer than the horizon": (clinic(service(lead=99_999, horizon=3)), 0),
    "nobody can do it": (clinic(service(who=())), 0),
    "somebody without hours": (clinic(service(who=(BEA,))), 0),
    "nothing at all": (Setup(HELSINKI, services={CHECK_UP: service()}), 0),
    "sessions that touch": (clinic(weekly=tuple(weekly(ADA, hours("09:00-10:00"), hours("10:00-11:00")))), 4),
    "hours that follow each other in time": (
        clinic(
            weekly=(
                *weekly(ADA, hours("09:00-12:00"), valid_until=MONDAY - timedelta(days=1)),
                *weekly(ADA, hours("10:00-11:00"), valid_from=MONDAY),
            )
        ),
        2,
    ),
}


@pytest.mark.parametrize(("setup", "starts"), POSSIBLE.values(), ids=POSSIBLE)
def test_odd_but_possible_rules_are_answered(setup: Setup, starts: int) -> None:
    check(setup)

    assert len(offered(setup, CHECK_UP, MONDAY, MONDAY, {}, now=NOW)) == starts


def test_the_seeds_of_a_year_are_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Setup] = []
    monkeypatch.setattr("turnet.scheduling.grids.check", asked.append)
    setup = clinic(service(rooms=(ROOM, OTHER_ROOM)), room_locations={ROOM: CITY, OTHER_ROOM: CITY})
    for number in range(30):
        offered(setup, CHECK_UP, MONDAY, date(2026, 7, 1) + timedelta(days=number), {}, now=NOW)

    assert len(asked) == 1
