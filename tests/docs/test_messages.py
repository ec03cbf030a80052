"""docs/messages.md says what the registry says, and every kind has its templates."""

import re
from pathlib import Path

import pytest

from turnet.messaging.kinds import KINDS, Kind
from turnet.paths import TEMPLATES

PAGE = Path(__file__).parents[2] / "docs" / "messages.md"


def test_the_table_of_kinds_is_the_registry() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([\w, ]+) \| ([\w ]+) \| (\w+) \|$", PAGE.read_text(), re.MULTILINE)

    assert rows == [
        (kind.name, kind.audience.value, ", ".join(kind.channels), kind.leaves, kind.consent.value)
        for kind in KINDS.values()
    ]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_has_a_template_for_each_way_it_goes(kind: Kind) -> None:
    needed = {"email": {"subject.txt", "body.txt", "body.html"}, "sms": {"sms.txt"}}

    there = {file.name for file in (TEMPLATES / "messages" / kind.name).iterdir()}

    assert there == set().union(*(needed[channel] for channel in kind.channels))


def test_no_template_belongs_to_nobody() -> None:
    folders = {folder.name for folder in (TEMPLATES / "messages").iterdir() if folder.is_dir()}

    assert folders == set(KINDS)
