"""`turnet doctor`: what is wrong with this installation, and what to do about it."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from turnet.cli.opening import data_option, opened, settings_of_any
from turnet.settings import Settings

if TYPE_CHECKING:
    from turnet.doctor import Finding


@click.command(short_help="Look for what is wrong.")
@data_option
@click.option("--mail", metavar="ADDRESS", help="Also send a real test mail to this address.")
def doctor(data: Path | None, mail: str | None) -> None:
    """Look for what is wrong with this installation, and say what to do. Exit code 1 when something is.

    \b
    Example:
      turnet doctor
      turnet doctor --mail owner@clinic.example
    """
    settings = settings_of_any(data)
    found = asyncio.run(_examine(settings, mail))
    for finding in found:
        click.echo(f"{'wrong' if finding.wrong else 'note '}  {finding.what}")
        click.echo(f"       where: {finding.where}\n       do:    {finding.do}")
    wrong = sum(finding.wrong for finding in found)
    click.echo(f"{wrong} wrong, {len(found) - wrong} worth knowing" if found else "nothing is wrong")
    if mail and not any(finding.where == "TURNET_MAIL_URL" for finding in found):
        click.echo(f"a test mail left for {mail}")
    sys.exit(1 if wrong else 0)


async def _examine(settings: Settings, mail: str | None) -> "list[Finding]":
    from turnet.clock import SystemClock  # noqa: PLC0415
    from turnet.demo.clock import load_shift  # noqa: PLC0415
    from turnet.doctor import Patient, examine, mail_test, migrations  # noqa: PLC0415

    clock = SystemClock()
    patient = Patient(settings, clock)
    async with opened(settings):
        if not await migrations(patient):
            await load_shift(clock)
        found = await examine(patient)
        return found + await mail_test(patient, mail) if mail else found
