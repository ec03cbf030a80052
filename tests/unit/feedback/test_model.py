"""Who is asked how it went: the table of what forbids it, the first reason first."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnet.booking.states import State
from turnet.feedback.model import (
    A_CHILD,
    ASKED_LATELY,
    DEFAULTS,
    NOT_SAMPLED,
    NOT_THERE,
    PROTECTED,
    REFUSED,
    Asking,
    Survey,
    sampled,
    why_not,
)

ADULT = Asking("a" * 22, State.DONE, 2026, 1980, for_child=False, contact_is_guardians=False, protected=False,
               asked_lately=False, agreed=None)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"state": State.ARRIVED}, ""),
        ({"state": State.IN_ROOM}, ""),
        ({"state": State.BOOKED}, NOT_THERE),
        ({"state": State.CONFIRMED}, NOT_THERE),
        ({"state": State.CANCELLED}, NOT_THERE),
        ({"state": State.NO_SHOW}, NOT_THERE),
        ({"protected": True}, PROTECTED),
        ({"birth_year": None}, ""),
        ({"birth_year": 2009}, A_CHILD),
        ({"birth_year": 2008}, ""),
        ({"birth_year": 2015, "for_child": True}, A_CHILD),
        ({"birth_year": None, "for_child": True}, A_CHILD),
        ({"birth_year": None, "for_child": True, "contact_is_guardians": True}, ""),
        ({"birth_year": 2008, "for_child": True}, ""),
        ({"birth_year": 2015, "contact_is_guardians": True}, ""),
        ({"agreed": True}, ""),
        ({"agreed": False}, REFUSED),
        ({"asked_lately": True}, ASKED_LATELY),
        ({"protected": True, "asked_lately": True}, PROTECTED),
    ],
)
def test_who_is_asked(change: dict[str, object], reason: str) -> None:
    assert why_not(replace(ADULT, **change), DEFAULTS) == reason  # type: ignore[arg-type]


@given(st.text(min_size=1), st.integers(1, 100))
def test_a_visit_is_in_the_sample_or_not_however_often_one_looks(public_id: str, percent: int) -> None:
    assert sampled(public_id, percent) == sampled(public_id, percent)
    assert sampled(public_id, 100)


def test_a_sample_is_about_as_large_as_it_says() -> None:
    found = sum(sampled(f"visit {number}", 30) for number in range(5_000))

    assert 1_400 < found < 1_600
    assert why_not(replace(ADULT, public_id="visit 0"), Survey(sample=1)) in {"", NOT_SAMPLED}
    assert {why_not(replace(ADULT, public_id=f"visit {n}"), Survey(sample=50)) for n in range(50)} == {"", NOT_SAMPLED}
