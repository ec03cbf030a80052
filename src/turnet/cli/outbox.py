"""`turnet outbox`: what waits and what went wrong; after a restore, letting messages leave again."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from turnet.cli.opening import data_option, opened, settings_of_any
from turnet.cli.through import through
from turnet.settings import Settings

if TYPE_CHECKING:
    from turnet.messaging.held import Ended, Waiting

SHOWN = 50
"""Rows of a list before the rest is only counted."""


@dataclass(frozen=True)
class Outbox:
    held: datetime | None
    counts: dict[str, int]
    waiting: "list[Waiting]"
    troubled: "list[Ended]"
    zone: ZoneInfo


@click.group(short_help="Messages that wait or failed; release them after a restore.", invoke_without_command=True)
@data_option
@click.pass_context
def outbox(context: click.Context, data: Path | None) -> None:
    """Messages that wait, failed, or may have arrived or not. After a restore nothing is sent until it is released.

    \b
    Example:
      turnet outbox
      turnet outbox release --drop-older
      turnet outbox again 2f1c6a0e-5b1d-4c43-9d0a-7a4f6f2f9b11
    """
    context.obj = data
    if context.invoked_subcommand is None:
        click.echo("\n".join(_lines(asyncio.run(_look(settings_of_any(data))))))


@outbox.command(short_help="Let messages leave again after a restore.")
@data_option
@click.option("--drop-older", is_flag=True, help="Never send what was due before the restore: it was probably sent.")
@click.pass_context
def release(context: click.Context, data: Path | None, drop_older: bool) -> None:
    """Let messages leave again after a restore.

    \b
    Example:
      turnet outbox release
      turnet outbox release --drop-older
    """
    done = through(settings_of_any(data or context.obj), "outbox release", {"drop_older": drop_older})
    click.echo(f"released: {done['waiting']} to be sent, {done['dropped']} dropped")


@outbox.command(short_help="Send one message again.")
@click.argument("id", type=click.UUID)
@data_option
@click.pass_context
def again(context: click.Context, id: UUID, data: Path | None) -> None:
    """Send a message again that failed, or of which nobody knows whether it arrived; ID as turnet outbox lists it.

    \b
    Example:
      turnet outbox again 2f1c6a0e-5b1d-4c43-9d0a-7a4f6f2f9b11
    """
    queued = through(settings_of_any(data or context.obj), "outbox again", {"id": str(id)})
    click.echo(f"queued again as {queued}")


async def _look(settings: Settings) -> Outbox:
    from turnet.clinic.queries import load  # noqa: PLC0415  (slow)
    from turnet.clock import SystemClock  # noqa: PLC0415
    from turnet.db.transactions import read_snapshot  # noqa: PLC0415
    from turnet.demo.clock import load_shift  # noqa: PLC0415
    from turnet.messaging import held  # noqa: PLC0415

    async with opened(settings, migrated=True):
        clinic = await load()
        if clinic is None:
            raise click.ClickException("there is no clinic yet; turnet init makes one")
        clock = SystemClock()
        await load_shift(clock)
        now = clock.now()
        async with read_snapshot():
            return Outbox(
                await held.held_since(),
                await held.counts(),
                await held.waiting(now),
                await held.troubled(now),
                clinic.zone,
            )


def _lines(found: Outbox) -> list[str]:
    """Facts, then the lists with tabs between their columns; times are the clinic's."""

    def local(at: datetime) -> str:
        return f"{at.astimezone(found.zone):%Y-%m-%d %H:%M}"

    lines = [", ".join(f"{number} {state}" for state, number in found.counts.items()) or "no messages"]
    if found.held:
        older = sum(one.older for one in found.waiting)
        lines.append(
            f"nothing is sent since the restore of {local(found.held)}; {older} of {len(found.waiting)} that wait were due "
            "before it and may have been sent already: turnet outbox release sends all, --drop-older only the rest"
        )
    waiting = [
        (
            local(one.due_at),
            one.kind,
            one.channel,
            one.recipient,
            one.reference,
            "may have been sent" * one.older,
            one.trouble,
        )
        for one in found.waiting
    ]
    troubled = [
        (local(one.at), one.state, one.kind, one.channel, one.recipient, str(one.id), one.reason)
        for one in found.troubled
    ]
    return [*lines, *_listed("waiting", waiting), *_listed("failed or unknown", troubled)]


def _listed(heading: str, rows: Sequence[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    rest = [f"… and {len(rows) - SHOWN} more"] if len(rows) > SHOWN else []
    return ["", f"{heading}:", *("\t".join(row).rstrip() for row in rows[:SHOWN]), *rest]
