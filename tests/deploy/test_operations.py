"""docs/operations.md: every command in it exists, with its options, and names files that are there."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.conftest import missing
from turnet import cli
from turnet.settings import load

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "operations.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def calls(page: str) -> Iterator[list[str]]:
    """The words after `turnet` of every such command, in blocks and in prose."""
    for block in re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words[:2] == ["podman", "build"] or "turnet" not in words:
                continue
            if words[0] == "podman":
                yield words[len(words) - words[::-1].index("turnet") :]
            elif words[0] == "turnet":
                yield words[1:]
    for code in re.findall(r"(?<!`)`turnet ([^`]+)`", page):
        yield shlex.split(code)


def wrong(words: list[str]) -> str:
    """What the command line would not understand of them; empty when nothing."""
    command: click.Command = cli.group
    words = [word for word in words if word != "--version"]
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    known = {option: parameter for parameter in command.params for option in parameter.opts}
    values = 0
    while words:
        word = words.pop(0)
        parameter = known.get(word)
        if word.startswith("-") and parameter is None:
            return f"{command.name} has no {word}"
        if isinstance(parameter, click.Option) and not parameter.is_flag:
            words[:1] = []
        elif parameter is None:
            values += 1
    room = sum(isinstance(parameter, click.Argument) for parameter in command.params)
    return f"{command.name} takes no {values} words" if values > room else ""


def test_every_command_exists_with_its_options() -> None:
    found = [words for words in calls(PAGE) if words]

    assert {words[0] for words in found} >= {"init", "doctor", "day", "backup", "restore", "outbox", "worker"}
    assert [(words, said) for words in found if (said := wrong(words))] == []


@pytest.mark.parametrize(
    "line", ["turnet unlock", "turnet doctor --fax 040", "turnet backup a b", "podman exec turnet turnet reboot"]
)
def test_control_a_command_that_does_not_exist_is_noticed(line: str) -> None:
    (words,) = calls(f"```sh\n{line}\n```\n")

    assert wrong(words) != ""


def test_blocks_are_sound_shell() -> None:
    for block in BLOCKS:
        subprocess.run(["sh", "-n", "-c", block], check=True)


def test_files_named_are_there() -> None:
    names = set(re.findall(r"\bdeploy/[\w./-]*\w", PAGE))

    assert names == {
        *(
            "deploy/turnet",
            "deploy/turnet.service",
            "deploy/turnet.toml.example",
            "deploy/Caddyfile",
            "deploy/Containerfile",
        ),
    }
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_what_is_installed_where_fits_together() -> None:
    unit, wrapper = (DEPLOY / "turnet.service").read_text(), (DEPLOY / "turnet").read_text()

    assert "python3 -m venv /opt/turnet\n" in PAGE
    for text in (unit, wrapper):
        assert "/opt/turnet/bin/turnet" in text
        assert "TURNET_DATA=/var/lib/turnet" in text
    assert "adduser --system --group --home /var/lib/turnet" in PAGE
    assert "User=turnet\nGroup=turnet\n" in unit
    assert re.search(r"^ExecStart=.* serve$", unit, re.MULTILINE)
    assert "EnvironmentFile=-/etc/turnet/turnet.env" in unit


def test_links_lead_somewhere() -> None:
    pages = {name for name in re.findall(r"\]\(([\w.]+\.md)\)", PAGE) if not (ROOT / "docs" / name).exists()}
    parts = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    }

    assert pages == set()
    assert set(re.findall(r"\]\(#([\w-]+)\)", PAGE)) == parts


def test_settings_of_the_example_are_settings(tmp_path: Path) -> None:
    text = (DEPLOY / "turnet.toml.example").read_text()
    (tmp_path / "turnet.toml").write_text(re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE))

    settings = load({}, data=tmp_path)

    assert (settings.trusted_proxies, settings.base_url) == ("127.0.0.1", "https://times.clinic.example")
    assert settings.ping_url
    assert settings.sms_url
    assert settings.backup_key


def test_command_by_hand_is_a_sound_script() -> None:
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        missing("shellcheck")

    checked = subprocess.run([shellcheck, DEPLOY / "turnet"], capture_output=True, text=True, check=False)

    assert checked.stdout == ""


def test_address_is_written_into_the_caddyfile_as_described() -> None:
    (pattern,) = re.findall(r"^sed -i 's/(\S+)/YOUR\.ADDRESS/' /etc/caddy/Caddyfile$", PAGE, re.MULTILINE)

    changed = re.sub(pattern, "book.tuomi.example", (DEPLOY / "Caddyfile").read_text())

    assert "{$TURNET_SITE:book.tuomi.example} {" in changed
