"""deploy/turnet.service: what systemd thinks of it, and that turnet works under what it forbids."""

import http.client
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.deploy.clinic import book, make_clinic
from tests.deploy.conftest import Start
from tests.deploy.served import TURNET, Systemd, free_port
from turnet.settings import Settings

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "turnet.service"
MOST_EXPOSURE = 2.0


@pytest.fixture(autouse=True)
def machine() -> None:
    if not shutil.which("systemd-analyze"):
        missing("systemd-analyze")


def exposure(unit: Path) -> float:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", unit]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (level,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", said)
    return float(level)


def test_exposure_is_low() -> None:
    assert exposure(UNIT) <= MOST_EXPOSURE


def test_control_a_plain_service_is_exposed(tmp_path: Path) -> None:
    plain = tmp_path / "plain.service"
    plain.write_text("[Service]\nUser=turnet\nExecStart=/opt/turnet/bin/turnet serve\n")

    assert exposure(plain) > 8


def verified(unit: str, folder: Path) -> str:
    """What systemd finds wrong, with a program in the place of the one that is not installed here."""
    file = folder / "turnet.service"
    file.write_text(unit.replace("/opt/turnet/bin/turnet", TURNET[0]))
    return subprocess.run(
        ["systemd-analyze", "verify", "--man=no", file], capture_output=True, text=True, check=False
    ).stderr


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    assert verified(UNIT.read_text(), tmp_path) == ""


def test_control_a_line_it_does_not_know_is_told(tmp_path: Path) -> None:
    said = verified(UNIT.read_text().replace("ProtectClock=", "ProtectTheClock="), tmp_path)

    assert "ProtectTheClock" in said


# --- turnet under what the unit forbids


@pytest.fixture
def writable(tmp_path: Path) -> Path:
    """Confining takes root, namespaces and libseccomp."""
    probe = ["unshare", "--mount", "--ipc", "true"]
    if os.geteuid() or not shutil.which("unshare") or subprocess.run(probe, check=False).returncode:
        missing("root, who may make namespaces,")
    return tmp_path / "state"


def confined(writable: Path, *program: str, unit: Path = UNIT) -> list[str]:
    inside = ["unshare", "--mount", "--ipc", sys.executable, "-m", "tests.deploy.confined", str(unit), str(writable)]
    return [*inside, *program]


def ran(writable: Path, *program: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(writable), "PYTHONPATH": str(ROOT)}
    environment["TURNET_DATA"] = str(writable)
    return subprocess.run(
        confined(writable, *program), capture_output=True, text=True, check=False, env=environment, cwd="/", timeout=60
    )


ATTEMPTS = """
import ctypes, mmap, os, socket
def attempt(what, act):
    try:
        act()
        print(what)
    except OSError:
        pass
attempt("writes elsewhere", lambda: open("/etc/written", "w"))
attempt("writes its state", lambda: open(os.environ["TURNET_DATA"] + "/written", "w"))
attempt("memory both written and run", lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC))
attempt("other sockets", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
attempt("internet sockets", lambda: socket.socket(socket.AF_INET6))
attempt("changes owners", lambda: os.chown(os.environ["TURNET_DATA"], 1, 1))
attempt("sees the machine", lambda: open("/proc/meminfo"))
attempt("sees itself", lambda: open("/proc/self/status"))
"""


def test_control_what_the_unit_forbids_fails_here_too(writable: Path) -> None:
    writable.mkdir()

    attempts = ran(writable, sys.executable, "-c", ATTEMPTS)

    assert attempts.stdout.splitlines() == ["writes its state", "internet sockets", "sees itself"]


@pytest.mark.slow
def test_clinic_is_served_booked_examined_and_backed_up(writable: Path, start: Start, systemd: Systemd) -> None:
    settings = Settings(data=writable, listen=f"127.0.0.1:{free_port()}")
    make_clinic(settings)

    server = start(confined(writable, *TURNET, "serve"), settings, PYTHONPATH=str(ROOT), WATCHDOG_USEC="60000000")

    assert server.get("/en/")[0] == 200
    assert server.get("/ready")[0] == 200
    assert book(lambda: http.client.HTTPConnection("127.0.0.1", server.port, timeout=10))[0] == 201
    assert systemd.next() == ["WATCHDOG=1"]
    examined = ran(writable, *TURNET, "doctor")
    assert (examined.returncode, examined.stderr) == (1, "")  # patients cannot reach a loopback address
    copied = ran(writable, *TURNET, "backup", str(writable / "clinic.tar.gz"))
    assert (copied.returncode, copied.stderr) == (0, "")
    assert server.stopped() == 0
    assert [file.name for file in writable.iterdir() if file.name.endswith(("-wal", "-shm"))] == []
    assert {oct(file.stat().st_mode & 0o077) for file in writable.rglob("*") if file.is_file()} == {"0o0"}
    log = server.log.read_text()
    assert [line for line in log.splitlines() if '"level":"error"' in line or "Traceback" in line] == []


@pytest.mark.slow
def test_control_a_unit_that_forbids_too_much_stops_it(writable: Path, start: Start, tmp_path: Path) -> None:
    too_much = tmp_path / "too-much.service"
    too_much.write_text(UNIT.read_text() + "SystemCallFilter=~@network-io\n")
    settings = Settings(data=writable, listen=f"127.0.0.1:{free_port()}")
    make_clinic(settings)

    server = start(confined(writable, *TURNET, "serve", unit=too_much), settings, wait=False, PYTHONPATH=str(ROOT))

    assert server.process.wait(timeout=30) != 0


def test_environment_names_only_settings_that_exist() -> None:
    from turnet.settings import SETTINGS

    named = set(re.findall(r"TURNET_\w+", UNIT.read_text()))

    assert named - {setting.name for setting in SETTINGS} == set()
