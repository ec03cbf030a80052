"""What most commands begin with: the settings of a directory and its database."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from turnet.settings import BadSetting, Settings, load

if TYPE_CHECKING:
    from turnet.db.engine import AnyEngine

data_option: Callable[[Any], Any] = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="The data directory; otherwise TURNET_DATA, otherwise ./turnet-data.",
)


def settings_of(data: Path | None) -> Settings:
    """Of a real clinic. Raises `BadSetting`, for a demo's directory too."""
    settings = load(os.environ, data=data)
    if (settings.data / ".demo").exists():
        raise BadSetting(f"{settings.data} holds a demo; open it with: turnet demo --data {settings.data}")
    return settings


def settings_of_any(data: Path | None) -> Settings:
    """Of whatever the directory holds, for commands that only look."""
    settings = load(os.environ, data=data)
    return load(os.environ, data=settings.data, demo=True) if (settings.data / ".demo").exists() else settings


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """For whoever writes: on SQLite no server runs on the same directory meanwhile. Raises `turnet.server.Refused`."""
    from turnet.server import only_server  # noqa: PLC0415  (slow)

    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with only_server(settings):
        yield


@asynccontextmanager
async def opened(settings: Settings, *, make: bool = False, migrated: bool = False) -> AsyncIterator["AnyEngine"]:
    """The database, bound to every table. Without `make` a SQLite file that is not there is a `BadSetting`.

    With `migrated` an older schema is one too, and a newer one raises `NewerSchema`.
    """
    from turnet.db.engine import bind, engine_for  # noqa: PLC0415  (slow)
    from turnet.db.start import pending  # noqa: PLC0415
    from turnet.db.transactions import effects_done  # noqa: PLC0415

    if make:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif settings.on_sqlite and not settings.database_file.exists():
        raise BadSetting(
            f"there is no clinic in {settings.data}; turnet init makes one, --data names another directory"
        )
    engine = engine_for(settings)
    bind(engine)
    await engine.start_connection_pool()
    try:
        if migrated and await pending(engine):
            raise BadSetting("the database has an older schema; turnet migrate brings it up to date")
        yield engine
    finally:
        await effects_done()
        await engine.close_connection_pool()
