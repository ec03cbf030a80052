"""What is published: the built wheel, in a clean environment, in an empty directory."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    venv = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [venv / "bin/python", "-m", "pip", "install", "-q"]
    locked = venv / "locked.txt"
    locked.write_text((ROOT / "requirements.lock").read_text())
    subprocess.run([*pip, "--require-hashes", "--no-deps", "-r", locked], check=True, stderr=subprocess.DEVNULL)
    subprocess.run([*pip, "--no-deps", wheel], check=True, stderr=subprocess.DEVNULL)
    return venv / "bin/turnet"


def test_wheel_carries_templates_styles_catalogues_and_tasks(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    wanted = {
        "turnet/_assets/templates/base.html",
        "turnet/_assets/locale/fi/LC_MESSAGES/turnet.mo",
        "turnet/_assets/locale/he/LC_MESSAGES/turnet.mo",
        "turnet/tasks/schedule.py",
        "turnet/py.typed",
    }
    assert wanted - names == set()
    assert [name for name in names if name.startswith("turnet/_assets/static/") and name.endswith(".css")] != []


@pytest.fixture
def demo(program: Path, tmp_path: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    process = subprocess.Popen(
        [program, "demo", "--port", str(port)], cwd=tmp_path, env=clean, stdout=subprocess.DEVNULL
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0


def _get(url: str, patience: float = 60) -> str:
    """The page's text, waiting for a server that is still starting."""
    until = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def test_demo_runs_from_the_wheel_in_an_empty_directory(demo: str) -> None:
    assert _get(f"{demo}/up").strip() != ""

    assert 'class="slot' in _get(f"{demo}/en/")
    assert 'dir="rtl"' in _get(f"{demo}/he/")
    assert "Varaa" in _get(f"{demo}/fi/")
