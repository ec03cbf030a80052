"""`turnet backup` and `turnet restore`: the whole clinic in one file, and back."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from turnet.cli.opening import data_option, settings_of
from turnet.settings import Settings

if TYPE_CHECKING:
    from turnet.backup.make import Made
    from turnet.backup.manifest import Facts, Manifest

Progress = Callable[[str], None]


@click.command(short_help="Copy the whole clinic into one file.")
@click.argument("file", type=click.Path(path_type=Path))
@data_option
def backup(file: Path, data: Path | None) -> None:
    """Copy database, key and settings into FILE, beside a running server; in a directory the file gets a name by itself.

    \b
    Example:
      turnet backup /mnt/usb
      TURNET_BACKUP_KEY=age1… turnet backup clinic.tar.gz.age
    """
    settings = settings_of(data)
    from turnet.backup import BackupError, keep  # noqa: PLC0415
    from turnet.clock import SystemClock  # noqa: PLC0415

    real = SystemClock().real()
    if file.is_dir():
        file /= keep.name_at(real, encrypted=bool(settings.backup_key))
    if file.exists():
        raise BackupError(f"{file} exists already: name another file")
    if not file.parent.is_dir():
        raise BackupError(f"there is no directory {file.parent}: make it first")
    from turnet.backup.make import STEPS, make  # noqa: PLC0415  (slow)

    with _shown(STEPS) as said:
        made = asyncio.run(make(settings, file, real=real, said=said))
    click.echo(_written(made))


@click.command(short_help="Put a backup back on a new machine.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
@click.option(
    "--identity",
    metavar="AGE-KEY-FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The age key of an encrypted backup, as age-keygen wrote it.",
)
def restore(file: Path, data: Path | None, identity: Path | None) -> None:
    """Put a backup back where nothing is yet: the same clinic, links and settings. Nothing is sent until you release it.

    \b
    Example:
      turnet restore turnet-2026-12-01T0842Z.tar.gz --data /var/lib/turnet
      turnet restore clinic.tar.gz.age --identity key.txt
      TURNET_DATABASE_URL=postgresql://turnet@db/new turnet restore clinic.tar.gz
    """
    settings = _bare(data)
    from turnet.backup.age import identities_in  # noqa: PLC0415  (slow)
    from turnet.backup.restore import STEPS, put_back  # noqa: PLC0415
    from turnet.clock import SystemClock  # noqa: PLC0415

    keys = identities_in(identity) if identity else []
    with _shown(STEPS) as said:
        manifest = asyncio.run(put_back(file, settings, keys, real=SystemClock().real(), said=said))
    click.echo(_restored(manifest, settings))


def _bare(data: Path | None) -> Settings:
    """Only where things are to lie: every other setting comes out of the backup."""
    return Settings(
        data=data or Path(os.environ.get("TURNET_DATA") or Settings.data),
        database_url=os.environ.get("TURNET_DATABASE_URL", ""),
        secret_file=os.environ.get("TURNET_SECRET_FILE", ""),
    )


@contextmanager
def _shown(steps: int) -> Iterator[Progress]:
    """With a progress bar on a terminal, silently elsewhere."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _step: None
        return
    with Bar(console=console, transient=True) as bar:
        task = bar.add_task("", total=steps + 1)
        yield lambda step: bar.update(task, description=step.capitalize(), advance=1)


def _written(made: "Made") -> str:
    size = made.file.stat().st_size
    inside = f"{made.manifest.facts.clinic} with {_counted(made.manifest.facts)}, its key and settings"
    safe = "encrypted" if made.encrypted else "not encrypted: whoever has the file can read all of it"
    return f"{made.file}, {max(1, size >> 10):,} kB: {inside}; {safe}"


def _counted(facts: "Facts") -> str:
    return f"{facts.visits} visit{'s' * (facts.visits != 1)} of {facts.patients} patient{'s' * (facts.patients != 1)}"


def _restored(manifest: "Manifest", settings: Settings) -> str:
    data = "" if settings.data == Settings.data else f" --data {settings.data}"
    facts = manifest.facts
    said = f"""{facts.clinic} is back in {settings.data} as it was on {manifest.made_at:%Y-%m-%d at %H:%M} UTC: {_counted(facts)}.

Nothing is sent until you say so. Next:
  turnet outbox{data}           what waits, and what may have been sent already
  turnet outbox release{data}   let messages leave again
  turnet serve{data}            open the clinic

If patients reach it at another address now, set TURNET_BASE_URL in {settings.data}/turnet.toml before that."""
    return said if settings.on_sqlite else f"{said}\nTURNET_DATABASE_URL must go on naming this database."
