"""Every race with its protections, and as a control without them."""

import pytest

from tests.races.crowd import Strip, strip_check, strip_guard, strip_lock
from turnet.db.engine import AnyEngine


@pytest.fixture
def strip(engine: AnyEngine, monkeypatch: pytest.MonkeyPatch) -> Strip:
    """`await strip("guard", "check", "lock")` takes those protections away."""

    async def away(*what: str) -> None:
        if "guard" in what:
            await strip_guard(engine)
        if "check" in what:
            strip_check(monkeypatch)
        if "lock" in what:
            strip_lock(monkeypatch)

    return away


@pytest.fixture(params=[True, False], ids=["protected", "control"])
def protected(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)
