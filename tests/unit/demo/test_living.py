"""What made-up people answer while the clock moves: the same for the same visit, most of them that they come."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from turnet.conversation.meaning import Asked
from turnet.demo.living import Fate, Question, fate, said

NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
VISITS = [f"visit-{number}" for number in range(1000)]


def question(visit: str, kind: Asked, *, before: timedelta = timedelta(days=1), visits: int = 1) -> Question:
    return Question(1, kind, "+358401234567", "en", NOON, "A", visits, visit, NOON + before)


def answers(kind: Asked, after: timedelta, **more: timedelta) -> Counter[str]:
    return Counter(said(question(visit, kind, **more), NOON + after) for visit in VISITS)


def test_most_confirm_few_cannot_and_nobody_at_once() -> None:
    found = answers(Asked.CONFIRM, timedelta(hours=23))
    yes = found["1"] + found["Yes"] + found["1 thanks"]

    assert answers(Asked.CONFIRM, timedelta()) == {"": 1000}
    assert (500 < yes < 650, 15 < found["2"] < 60, yes + found["2"] + found[""]) == (True, True, 1000)


@pytest.mark.parametrize(("minutes_before", "some"), [(31, False), (30, True), (1, True), (0, False)])
def test_they_check_in_at_the_door_only(minutes_before: int, some: bool) -> None:
    two_hours = timedelta(hours=2)
    found = answers(Asked.CHECKIN, two_hours - timedelta(minutes=minutes_before), before=two_hours)

    assert (found["1"] + found["Here"] > 300) is some


def test_who_cannot_come_does_not_answer_for_a_family() -> None:
    [cannot, *_] = [visit for visit in VISITS if fate(visit) is Fate.CANNOT and said(
        question(visit, Asked.CONFIRM), NOON + timedelta(hours=23)) == "2"]  # fmt: skip

    assert said(question(cannot, Asked.CONFIRM, visits=2), NOON + timedelta(hours=23)) == ""


def test_the_reason_fits_the_score() -> None:
    """Both come from the same visit's dice."""
    for visit in VISITS[:200]:
        score = said(question(visit, Asked.SCORE), NOON + timedelta(days=2))
        why = said(question(visit, Asked.WHY), NOON + timedelta(days=2))
        if score and why:
            assert (int(score) <= 6) is why.startswith(("I waited", "The telephone", "I felt", "I wrote"))
