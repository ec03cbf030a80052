"""A filled clinic, its backup, and a place to put it back."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.data.upgrades.make import fill
from tests.db.backup.places import another
from tests.test_cli import Answer, Turnet
from turnet import cli
from turnet.db.engine import AnyEngine
from turnet.db.start import settled_key
from turnet.settings import Settings


@pytest.fixture
def clinic(engine: AnyEngine, settings: Settings, loop: asyncio.Runner) -> Settings:
    """Nine visits, and their messages waiting; the key is the database's."""
    loop.run(_filled(settings))
    return settings


async def _filled(settings: Settings) -> None:
    await fill()
    await settled_key(settings)


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    with another(settings, tmp_path) as place:
        yield place


@pytest.fixture
def turnet(capsys: pytest.CaptureFixture[str]) -> Turnet:
    """The command line."""

    def run(*arguments: str) -> Answer:
        with pytest.raises(SystemExit) as left:
            cli.main(arguments)
        said = capsys.readouterr()
        return Answer(int(left.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def installed(clinic: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A filled clinic, named by the environment and by nothing else."""
    for name in [name for name in os.environ if name.startswith("TURNET_") and "TEST" not in name]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TURNET_DATA", str(clinic.data))
    monkeypatch.setenv("TURNET_DATABASE_URL", clinic.database_url)
    monkeypatch.chdir(tmp_path)
    return clinic
