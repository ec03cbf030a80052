"""`turnet serve`, `turnet worker` and `turnet migrate`."""

import asyncio
from contextlib import nullcontext
from pathlib import Path

import click

from turnet.cli.opening import alone, data_option, opened, settings_of
from turnet.settings import Settings


@click.command(short_help="Open the clinic: pages, API and messages.")
@data_option
def serve(data: Path | None) -> None:
    """Serve pages and API and send messages, in one process; on SQLite the only one of its directory.

    \b
    Example:
      turnet serve
      TURNET_LISTEN=127.0.0.1:8080 TURNET_BASE_URL=https://times.clinic.example turnet serve
    """
    settings = settings_of(data)
    from turnet.server import serve as run  # noqa: PLC0415  (slow)

    run(settings)


@click.command(short_help="Send messages and run recurring jobs only (Postgres).")
@data_option
def worker(data: Path | None) -> None:
    """Run queued and recurring jobs beside web processes that share a Postgres database.

    \b
    Example:
      TURNET_DATABASE_URL=postgresql://turnet@db/turnet turnet worker
    """
    settings = settings_of(data)
    if settings.on_sqlite:
        raise click.ClickException("a worker of its own needs Postgres: on SQLite, turnet serve does this work itself")
    from turnet.server import work  # noqa: PLC0415

    work(settings)


@click.command(short_help="Bring the database to this version's schema.")
@data_option
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 when something is to be done.")
def migrate(data: Path | None, check: bool) -> None:
    """Bring the database to this version's schema; turnet serve does so by itself.

    \b
    Example:
      turnet migrate --check
      turnet migrate
    """
    settings = settings_of(data)
    with nullcontext() if check else alone(settings):
        names = asyncio.run(_pending(settings) if check else _migrate(settings))
    if check and names:
        raise click.ClickException(f"to be run: {', '.join(names)}; turnet migrate does it")
    click.echo(f"ran {', '.join(names)}" if names else "the schema is up to date")


async def _pending(settings: Settings) -> list[str]:
    from turnet.db.start import pending  # noqa: PLC0415

    async with opened(settings) as engine:
        return await pending(engine)


async def _migrate(settings: Settings) -> list[str]:
    from turnet.db.start import migrate as run  # noqa: PLC0415

    async with opened(settings, make=True) as engine:
        return await run(engine, settings)
