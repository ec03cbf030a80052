"""`turnet user`: the accounts of the people at the desk, from the machine itself."""

import asyncio
from pathlib import Path
from typing import Any

import click

from turnet.cli.opening import data_option, opened, settings_of_any
from turnet.cli.through import through
from turnet.settings import Settings

_ROLES = ("owner", "manager", "reception", "practitioner", "read-only")


@click.group(short_help="The accounts of the people at the desk.")
def user() -> None:
    """Let people in at the desk, see who may come in, and help somebody who is locked out.

    The desk itself does all of this too; here it works when nobody can log in any more.

    \b
    Example:
      turnet user list
      turnet user reset rea@clinic.example
    """


@user.command(short_help="Let somebody in: prints a one-time link.")
@data_option
@click.argument("email")
@click.option("--name", required=True, help="Their name, as colleagues see it.")
@click.option("--role", type=click.Choice(_ROLES), default="reception", show_default=True)
@click.option(
    "--practitioner", default="", metavar="SLUG", help="Whose diary is theirs, as in the address of their page."
)
@click.option("--all-diaries", is_flag=True, help="A practitioner who may work in everybody's diary.")
def add(data: Path | None, email: str, name: str, role: str, practitioner: str, all_diaries: bool) -> None:
    """Make an account and print the link by which its owner chooses a password.

    \b
    Example:
      turnet user add rea@clinic.example --name "Rea Salo"
      turnet user add sanna@clinic.example --name "Sanna Koivisto" --role practitioner --practitioner sanna-koivisto
    """
    settings = settings_of_any(data)
    given = {
        "email": email,
        "name": name,
        "role": role.replace("-", "_"),
        "practitioner": practitioner,
        "all_diaries": all_diaries,
    }
    token = through(settings, "user add", given)
    click.echo(f"{_link(settings, token)}\n\nIt works once, for seven days. Give it to {name}.")


@user.command("list", short_help="Who may log in.")
@data_option
def list_(data: Path | None) -> None:
    """One line an account: address, role, state, whether a code is asked, name.

    \b
    Example:
      turnet user list
    """
    for line in asyncio.run(_listed(settings_of_any(data))):
        click.echo(line)


@user.command(short_help="Lock somebody out, everywhere at once.")
@data_option
@click.argument("email")
def disable(data: Path | None, email: str) -> None:
    """End every session of the account and let it log in no more.

    \b
    Example:
      turnet user disable rea@clinic.example
    """
    through(settings_of_any(data), "user disable", {"email": email})
    click.echo(f"{email} may not log in any more; turnet user enable takes that back")


@user.command(short_help="Let a disabled account log in again.")
@data_option
@click.argument("email")
def enable(data: Path | None, email: str) -> None:
    """Let a disabled account log in again.

    \b
    Example:
      turnet user enable rea@clinic.example
    """
    through(settings_of_any(data), "user enable", {"email": email})
    click.echo(f"{email} may log in again")


@user.command(short_help="Help somebody who is locked out: prints a one-time link.")
@data_option
@click.argument("email")
def reset(data: Path | None, email: str) -> None:
    """Forget the account's codes (a lost telephone), end its sessions and print a link for a new password.

    \b
    Example:
      turnet user reset rea@clinic.example
    """
    settings = settings_of_any(data)
    token = through(settings, "user reset", {"email": email})
    click.echo(f"{_link(settings, token)}\n\nIt works once. The old password still counts until then.")


def _link(settings: Settings, token: Any) -> str:
    return f"{settings.origin}/join/{token}"


async def _listed(settings: Settings) -> list[str]:
    from turnet.staff.queries import accounts  # noqa: PLC0415  (slow)

    async with opened(settings, migrated=True):
        return [
            f"{one.staff.email:32} {one.staff.role.value:12} {one.state:9} {'code' if one.has_codes else '-':5} {one.staff.name}"
            for one in await accounts()
        ]
