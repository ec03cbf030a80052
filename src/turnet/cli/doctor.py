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
@click.option("--sms", metavar="NUMBER", help="Also send a real test SMS to this number.")
def doctor(data: Path | None, mail: str | None, sms: str | None) -> None:
    """Look for what is wrong with this installation, and say what to do. Exit code 1 when something is.

    \b
    Example:
      turnet doctor
      turnet doctor --mail owner@clinic.example --sms +358401234567
    """
    settings = settings_of_any(data)
    found, tried = asyncio.run(_examine(settings, mail, sms))
    for finding in found:
        click.echo(f"{'wrong' if finding.wrong else 'note '}  {finding.what}")
        click.echo(f"       where: {finding.where}\n       do:    {finding.do}")
    wrong = sum(finding.wrong for finding in found)
    click.echo(f"{wrong} wrong, {len(found) - wrong} worth knowing" if found else "nothing is wrong")
    for line in tried:
        click.echo(line)
    sys.exit(1 if wrong else 0)


async def _examine(settings: Settings, mail: str | None, sms: str | None) -> "tuple[list[Finding], list[str]]":
    """What was found, and which tests left."""
    from turnet.clock import SystemClock  # noqa: PLC0415
    from turnet.demo.clock import load_shift  # noqa: PLC0415
    from turnet.doctor import Patient, examine, mail_test, migrations, sms_test  # noqa: PLC0415

    clock = SystemClock()
    patient = Patient(settings, clock)
    async with opened(settings):
        if not await migrations(patient):
            await load_shift(clock)
        found = await examine(patient)
        tried = []
        for what, address, test in (("mail", mail, mail_test), ("SMS", sms, sms_test)):
            if address:
                failed = await test(patient, address)
                found += failed
                tried += [] if failed else [f"a test {what} left for {address}"]
        return found, tried
