"""`turnet day`: who comes today, on paper when the screen is not at hand."""

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from turnet.cli.opening import data_option, opened, settings_of_any
from turnet.settings import Settings

if TYPE_CHECKING:
    from turnet.clinic.model import Clinic

_HEADINGS = ("Time", "Patient", "Visit", "With", "Room", "Where", "State", "Reference")


@click.command(short_help="The day's list.")
@click.argument("day", metavar="[DATE]", required=False, type=click.DateTime(["%Y-%m-%d"]))
@data_option
def day(day: datetime | None, data: Path | None) -> None:
    """The visits of one day (YYYY-MM-DD, today without), in the clinic's time; cancelled ones are left out.

    \b
    Example:
      turnet day
      turnet day 2026-12-24
    """
    settings = settings_of_any(data)
    heading, rows = asyncio.run(_list(settings, day.date() if day else None))
    click.echo(heading)
    if rows:
        _show(rows)


def _show(rows: list[tuple[str, ...]]) -> None:
    """Columns for people on a terminal, tabs for programs elsewhere."""
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    console = Console()
    if not console.is_terminal:
        click.echo("\n".join("\t".join(row) for row in rows))
        return
    table = Table(*_HEADINGS, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    console.print(table)


async def _list(settings: Settings, wanted: date | None) -> tuple[str, list[tuple[str, ...]]]:
    from turnet.clinic.queries import load  # noqa: PLC0415
    from turnet.clock import SystemClock, instant, minute  # noqa: PLC0415
    from turnet.db.transactions import fetch  # noqa: PLC0415
    from turnet.demo.clock import load_shift  # noqa: PLC0415
    from turnet.format import day_long  # noqa: PLC0415
    from turnet.scheduling.hours import day_span, local_day  # noqa: PLC0415

    async with opened(settings, migrated=True):
        clinic = await load()
        if clinic is None:
            raise click.ClickException("there is no clinic yet; turnet init makes one")
        clock = SystemClock()
        await load_shift(clock)
        chosen = wanted or local_day(clinic.setup.zone, minute(clock.now()))
        span = day_span(clinic.setup.zone, chosen)
        found = await fetch(
            "SELECT b.starts_at, t.name, b.service, p.resource, r.resource, b.location, b.state, b.reference "
            "FROM booking b JOIN patient t ON t.id = b.patient JOIN practitioner p ON p.id = b.practitioner "
            "LEFT JOIN room r ON r.id = b.room "
            "WHERE b.starts_at >= {} AND b.starts_at < {} AND b.state <> 'cancelled' ORDER BY b.starts_at, b.id",
            *(instant(span.start), instant(span.end)),
        )
        count = f"{len(found)} visits" if len(found) != 1 else "1 visit"
        return f"{day_long(chosen)} {chosen.year}, {count}", [_row(clinic, row) for row in found]


def _row(clinic: "Clinic", row: tuple[Any, ...]) -> tuple[str, ...]:
    from turnet.format import clock_time  # noqa: PLC0415

    start, patient, service, practitioner, room, location, state, reference = row

    def said(texts: Any) -> str:
        return clinic.text(texts, clinic.default_language).text

    return (
        clock_time(start.astimezone(clinic.zone)),
        patient,
        said(clinic.service(service).name),
        said(clinic.practitioner(practitioner).name),
        said(clinic.room(room).name) if room is not None else "",
        said(clinic.location(location).name),
        state.replace("_", " "),
        reference,
    )
