"""`docs/settings.md` lists every setting, with its default and its help, and no other."""

import re
from pathlib import Path

from turnet.settings import SETTINGS

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_table_is_the_list_of_settings() -> None:
    rows = re.findall(r"^\| `(TURNET_\w+)` \| (.*?) ?\| (.*) \|$", PAGE.read_text(), re.MULTILINE)

    assert [(name, default.strip("`"), said) for name, default, said in rows] == [
        (setting.name, setting.default, setting.help) for setting in SETTINGS
    ]


def test_no_other_setting_is_named() -> None:
    named = set(re.findall(r"TURNET_[A-Z_]+[A-Z]", PAGE.read_text()))

    assert named == {setting.name for setting in SETTINGS}
