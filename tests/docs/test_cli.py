"""`docs/cli.md` has a section for every command, in the order of `turnet --help`, and names options that exist."""

import re
from pathlib import Path

import click

from turnet import cli

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def _sections() -> dict[str, str]:
    _head, *sections = re.split(r"^## `turnet (\w+)`$", PAGE.read_text(), flags=re.MULTILINE)
    return dict(zip(sections[::2], sections[1::2], strict=True))


def _options(command: click.Command) -> set[str]:
    """Its own, and those of its commands."""
    own = {each for parameter in command.params for each in parameter.opts}
    return own.union(*map(_options, command.commands.values())) if isinstance(command, click.Group) else own


def test_every_command_has_its_section() -> None:
    assert list(_sections()) == cli.group.list_commands(click.Context(cli.group))


def test_options_named_exist() -> None:
    unknown = [
        (name, option)
        for name, text in _sections().items()
        for option in re.findall(r"--[a-z][a-z-]*", text)
        if option not in _options(cli.group.commands[name])
    ]

    assert unknown == []
