"""Until when a visit can be moved or cancelled."""

import pytest

from tests.unit.scheduling.clinics import service
from turnet.scheduling.policy import Verdict, may_cancel, may_move

START = 10_000


@pytest.mark.parametrize(("now", "allowed"), [(START - 121, True), (START - 120, True), (START - 119, False)])
def test_moving_is_allowed_up_to_and_at_the_last_minute(now: int, allowed: bool) -> None:
    assert may_move(service(move_until=120), START, now) == Verdict(allowed, START - 120)


@pytest.mark.parametrize(("now", "allowed"), [(START - 1440, True), (START - 1439, False)])
def test_cancelling_has_a_limit_of_its_own(now: int, allowed: bool) -> None:
    assert may_cancel(service(move_until=0, cancel_until=1440), START, now) == Verdict(allowed, START - 1440)


@pytest.mark.parametrize("may", [may_move, may_cancel])
def test_a_visit_that_has_begun_cannot_be_changed(may: type[Verdict]) -> None:
    assert [may(service(), START, now) for now in (START - 1, START, START + 99)] == [  # type: ignore[call-arg, arg-type]
        Verdict(True, START - 1),
        Verdict(False, START - 1),
        Verdict(False, START - 1),
    ]
