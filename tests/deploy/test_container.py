"""deploy/Containerfile and the contract of ONCE. No image is built here; the hooks are run as they are."""

import http.client
import re
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import missing
from tests.deploy.clinic import ask, book, make_clinic
from tests.deploy.conftest import Start
from tests.deploy.served import TURNET, Program, free_port
from turnet.settings import SETTINGS, Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
CONTAINERFILE = DEPLOY / "Containerfile"
HOOKS = DEPLOY / "once" / "hooks"


def linted(file: Path) -> str:
    hadolint = Path(TURNET[0]).with_name("hadolint")
    if not hadolint.exists():
        missing("hadolint")
    return subprocess.run([hadolint, "--no-color", file], capture_output=True, text=True, check=False).stdout


def test_containerfile_is_without_findings() -> None:
    assert linted(CONTAINERFILE) == ""


def test_control_the_linter_finds_something(tmp_path: Path) -> None:
    (tmp_path / "Containerfile").write_text("FROM python:latest\nRUN cd /tmp && pip install turnet\n")

    assert linted(tmp_path / "Containerfile") != ""


def test_what_is_copied_exists_and_is_let_into_the_build() -> None:
    text = CONTAINERFILE.read_text()
    copied = {name for names in re.findall(r"^COPY (?:--\S+ )*(.+) \S+$", text, re.MULTILINE) for name in names.split()}
    let_in = set(re.findall(r"^!(.+)$", (DEPLOY / "Containerfile.dockerignore").read_text(), re.MULTILINE))

    assert copied == let_in
    assert [name for name in copied if not (DEPLOY.parent / name).exists()] == []


def test_contract_port_state_user_and_health() -> None:
    text = CONTAINERFILE.read_text()

    assert set(re.findall(r"TURNET_\w+", text)) <= {setting.name for setting in SETTINGS}
    for line in (
        "ENV TURNET_DATA=/storage TURNET_LISTEN=0.0.0.0:80",
        "VOLUME /storage",
        "EXPOSE 80",
        "USER 10001:10001",
        'ENTRYPOINT ["turnet"]',
        'CMD ["serve"]',
        "COPY --chmod=755 deploy/once/hooks /hooks",
    ):
        assert text.splitlines().count(line) == 1, line


@pytest.mark.parametrize("hook", sorted(HOOKS.iterdir()), ids=lambda hook: hook.name)
def test_hook_is_a_sound_script(hook: Path) -> None:
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        missing("shellcheck")

    checked = subprocess.run([shellcheck, hook], capture_output=True, text=True, check=False)

    assert (checked.stdout, hook.stat().st_mode & 0o111) == ("", 0o111)


def test_hooks_are_the_two_that_once_calls() -> None:
    assert [hook.name for hook in sorted(HOOKS.iterdir())] == ["post-restore", "pre-backup"]


# --- the hooks, run


def call(hook: str, storage: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{Path(TURNET[0]).parent}:/usr/bin:/bin", "HOME": str(storage), "TURNET_DATA": str(storage)}
    return subprocess.run(
        [HOOKS / hook], env=environment | more, capture_output=True, text=True, check=False, cwd="/", timeout=60
    )


@pytest.fixture
def storage(tmp_path: Path) -> Settings:
    settings = Settings(data=tmp_path / "storage", listen=f"127.0.0.1:{free_port()}")
    make_clinic(settings)
    return settings


def booked(server: Program) -> str:
    """The path of a patient's link."""
    status, answer = book(lambda: http.client.HTTPConnection("127.0.0.1", server.port, timeout=10))
    assert status == 201
    return urlsplit(answer["manage_url"]).path


def opens(server: Program, path: str) -> int:
    return ask(lambda: http.client.HTTPConnection("127.0.0.1", server.port, timeout=10), "GET", path)[0]


@pytest.mark.slow
def test_storage_copied_from_under_a_running_server_is_whole_again(
    start: Start, storage: Settings, tmp_path: Path
) -> None:
    server = start([*TURNET, "serve"], storage)
    link = booked(server)
    assert call("pre-backup", storage.data, TURNET_BACKUP_KEY="age1" + "q" * 58).returncode == 0
    copied = Settings(data=tmp_path / "copied", listen=f"127.0.0.1:{free_port()}")
    shutil.copytree(storage.data, copied.data, ignore=shutil.ignore_patterns("*.sock"))
    torn = copied.data / "turnet.db"
    torn.write_bytes(torn.read_bytes()[:8192] + b"\xff" * 4096)  # while it was written

    restored = call("post-restore", copied.data)

    assert (restored.returncode, restored.stderr) == (0, "")
    assert sorted(file.name for file in (copied.data / "once").iterdir()) == []
    assert opens(start([*TURNET, "serve"], copied), link) == 200
    assert "nothing is sent since the restore" in outbox(copied)


@pytest.mark.slow
def test_storage_copied_while_the_server_was_paused_is_whole_too(
    start: Start, storage: Settings, tmp_path: Path
) -> None:
    server = start([*TURNET, "serve"], storage)
    link = booked(server)
    server.process.send_signal(signal.SIGSTOP)
    copied = Settings(data=tmp_path / "copied", listen=f"127.0.0.1:{free_port()}")
    shutil.copytree(storage.data, copied.data, ignore=shutil.ignore_patterns("*.sock"))

    restored = call("post-restore", copied.data)

    assert (restored.returncode, restored.stderr) == (0, "")
    assert opens(start([*TURNET, "serve"], copied), link) == 200
    assert "nothing is sent since the restore" in outbox(copied)


@pytest.mark.slow
def test_copy_that_could_not_be_opened_again_is_not_left_behind(storage: Settings) -> None:
    public = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
    (storage.data / "turnet.toml").write_text(f'backup_key = "{public}"\n')

    made = call("pre-backup", storage.data)

    assert (made.returncode, "paused" in made.stderr) == (1, True)
    assert list((storage.data / "once").iterdir()) == []


def test_storage_without_a_clinic_is_left_alone(tmp_path: Path) -> None:
    assert call("post-restore", tmp_path).returncode == 0
    assert list(tmp_path.iterdir()) == []


def outbox(settings: Settings) -> str:
    command = [*TURNET, "outbox", "--data", str(settings.data)]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd="/").stdout
