"""docs/watching.md explains every trouble the server tells of, in its own words, and every name that can be scraped."""

import re
from pathlib import Path

import pytest
from litestar import Litestar

from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.conftest import app as app  # noqa: PLC0414  (a fixture)
from turnet.watch.conditions import CONDITIONS

PAGE = (Path(__file__).parents[2] / "docs" / "watching.md").read_text()


def test_table_of_troubles_is_the_registry() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)

    assert rows == [(condition.name, condition.means, condition.do) for condition in CONDITIONS]


def test_troubles_that_do_not_silence_the_ping_are_named() -> None:
    [named] = re.findall(r"somebody at the clinic \(([^)]+)\)", PAGE)

    assert re.findall(r"`(\w+)`", named) == [condition.name for condition in CONDITIONS if condition.for_people]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_names_that_can_be_scraped_are_there(app: Litestar) -> None:
    await a_clinic()
    async with Client(app, address="127.0.0.1") as client:
        text = (await client.get("/metrics")).text
    there = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))

    named = set(re.findall(r"`?(turnet_\w+)(?:\{[\w,]+\})?`", PAGE))

    assert sorted(named - there) == ["turnet_backup_age_seconds", "turnet_backup_bytes"]  # not before the first
