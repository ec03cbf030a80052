"""`turnet demo`: a clinic with made-up people, ready to click."""

import asyncio
import os
import sys
from pathlib import Path

import click

from turnet.cli.opening import opened
from turnet.settings import Settings, load


@click.command(short_help="Try it: a clinic with made-up people.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port on this machine.")
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Otherwise TURNET_DATA, otherwise ./turnet-demo."
)
@click.option(
    "--lang",
    type=click.Choice(["en", "he", "fi"]),
    default="en",
    show_default=True,
    help="The clinic's first language; he lies in Israel.",
)
def demo(port: int, data: Path | None, lang: str) -> None:
    """Open a clinic with made-up people; nothing is really sent. A second start finds everything as it was left.

    \b
    Example:
      turnet demo
      turnet demo --lang fi --port 8080 --data /tmp/tuomi
    """
    settings = settings_of_demo(port, data)
    from turnet.demo.start import claim_directory  # noqa: PLC0415  (slow)
    from turnet.server import listening, only_server, serve  # noqa: PLC0415

    claim_directory(settings)
    with only_server(settings), listening(settings):
        asyncio.run(_prepare(settings, lang))
    serve(settings)


def settings_of_demo(port: int, data: Path | None) -> Settings:
    """A demo listens on loopback only and has a key of its own."""
    own = {"TURNET_LISTEN": f"127.0.0.1:{port}", "TURNET_BASE_URL": "", "TURNET_SECRET_FILE": ""}
    return load({**os.environ, **own}, data=data, demo=True)


async def _prepare(settings: Settings, lang: str) -> None:
    from turnet.db.start import migrate  # noqa: PLC0415

    async with opened(settings, make=True) as engine:
        await migrate(engine, settings)
        made = await _shown(lang)
        staff = await _staff()
    click.echo(
        f"{'A clinic with made-up people is ready' if made else 'The clinic is as it was left'} in {settings.data}.\n\n"
        f"  {settings.origin}/         what patients see\n"
        f"  {settings.origin}/-/demo   a pretend phone and mailbox, and the clock\n"
        f"  {settings.origin}/desk     the desk; log in as one of these:\n\n{staff}\n\n"
        "Nothing is really sent. Ctrl+C ends it."
    )


async def _staff() -> str:
    """A line an account, and the password of all."""
    from turnet.clinic.queries import load  # noqa: PLC0415
    from turnet.demo.staff import PASSWORD, logins  # noqa: PLC0415

    clinic = await load()
    assert clinic is not None
    lines = [f"    {one.email:28} {one.role.value.replace('_', '-')}" for one in logins(clinic)]
    return "\n".join([*lines, f"    password: {PASSWORD}"])


async def _shown(lang: str) -> bool:
    """With a progress bar on a terminal, silently elsewhere."""
    from turnet.demo.start import ready  # noqa: PLC0415

    if not sys.stderr.isatty():
        return await ready(lang)
    from rich.console import Console  # noqa: PLC0415  (slow)
    from rich.progress import Progress  # noqa: PLC0415

    console = Console(stderr=True)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Making the clinic", total=5)
        return await ready(lang, said=lambda what: bar.update(task, description=f"Making {what}", advance=1))
