"""A demo's directory and database are marked, taken up again, and never mixed up with a real clinic's."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories import a_clinic
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.demo.start import KEY, claim_directory, is_demo, ready
from turnet.ids import fingerprint
from turnet.settings import BadSetting, Settings


async def test_second_start_joins_what_is_there(engine: AnyEngine) -> None:
    assert await ready("en") is True
    visits = await fetch("SELECT public_id FROM booking ORDER BY id")

    assert await ready("he") is False
    assert await fetch("SELECT public_id FROM booking ORDER BY id") == visits
    assert await fetch("SELECT key_fingerprint FROM clinic") == [(fingerprint(KEY),)]


async def test_database_of_a_real_clinic_is_refused(engine: AnyEngine) -> None:
    await a_clinic()

    with pytest.raises(BadSetting, match="not a demo"):
        await ready("en")


def test_new_directory_is_marked_and_gets_a_private_key(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "demo", demo=True)

    claim_directory(settings)
    claim_directory(settings)

    assert is_demo(settings.data)
    assert settings.key() == KEY
    assert settings.key_file.stat().st_mode & 0o077 == 0


def test_directory_with_anything_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "turnet.db").touch()

    with pytest.raises(BadSetting, match="not a demo's directory"):
        claim_directory(replace(Settings(demo=True), data=tmp_path))

    assert not is_demo(tmp_path)
