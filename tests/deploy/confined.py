"""Runs a program under what deploy/turnet.service forbids, as far as a kernel without systemd can be told.

`unshare --mount --ipc python -m tests.deploy.confined UNIT WRITABLE PROGRAM …`, as root. WRITABLE is the state directory;
the program finds it there. The user of its own is root under another number in a user namespace, without any capability.
Left out: ProtectHome where this Python lies in a home, PrivateDevices, and the limits of the control group.
"""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP, CLONE_NEWUSER = 38, 24, 0x10000000
USER = 64007
LAST_CAPABILITY = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM
EQUAL, MASKED_EQUAL = 4, 7
WRITE, EXECUTE = 2, 4
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}


def lines_of(unit: Path, name: str) -> list[str]:
    return [line.partition("=")[2] for line in unit.read_text().splitlines() if line.startswith(f"{name}=")]


# --- files


def confine_files(unit: Path, writable: Path) -> None:
    assert lines_of(unit, "ProtectSystem") == ["strict"]
    mount("--bind", writable, writable)
    mount("-o", "bind,remount,ro", "/", "/")
    if lines_of(unit, "ProtectProc") == ["invisible"]:
        mount("-t", "proc", "-o", "hidepid=invisible,subset=pid", "proc", "/proc")
    if lines_of(unit, "ProtectHome") == ["yes"]:
        for home in ("/home", "/root"):
            if Path(home).is_dir() and not sys.base_prefix.startswith(home):
                mount("-t", "tmpfs", "-o", "ro", "none", home)


def mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *arguments], check=True)


# --- the user


def become_somebody() -> None:
    """A number that is nobody else's, for whom root's files are its own."""
    assert ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) == 0
    Path("/proc/self/uid_map").write_text(f"{USER} 0 1")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"{USER} 0 1")
    assert (os.geteuid(), os.getegid()) == (USER, USER)


# --- calls


class Argument(ctypes.Structure):
    _fields_ = [
        ("number", ctypes.c_uint),
        ("compare", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    ]


def allowed_calls(unit: Path) -> set[str]:
    """A first list of what is allowed, then lists of what is taken away again."""
    first, *rest = lines_of(unit, "SystemCallFilter")
    allowed = set(expanded(first.split()))
    for line in rest:
        assert line.startswith("~"), line
        allowed -= set(expanded(line[1:].split()))
    return allowed


def expanded(names: list[str]) -> Iterator[str]:
    for name in names:
        if name.startswith("@"):
            said = subprocess.run(
                ["systemd-analyze", "syscall-filter", name], check=True, capture_output=True, text=True
            )
            members = [line.strip() for line in said.stdout.splitlines()[1:]]
            yield from expanded([member for member in members if member and not member.startswith("#")])
        else:
            yield name


def conditions(unit: Path) -> dict[str, list[Argument]]:
    """Calls that are allowed with some arguments only; any one of the conditions suffices."""
    found: dict[str, list[Argument]] = {}
    if lines_of(unit, "MemoryDenyWriteExecute") == ["yes"]:
        never = [Argument(2, MASKED_EQUAL, EXECUTE, 0)]
        found |= {"mprotect": never, "pkey_mprotect": never, "mmap": [*never, Argument(2, MASKED_EQUAL, WRITE, 0)]}
    (families,) = lines_of(unit, "RestrictAddressFamilies")
    found["socket"] = [Argument(0, EQUAL, FAMILIES[name], 0) for name in families.split()]
    return found


def confine_calls(unit: Path) -> None:
    """No capability is left after the next exec, and every call that is not allowed fails with EPERM."""
    names, only = allowed_calls(unit), conditions(unit)
    if lines_of(unit, "RestrictNamespaces") == ["yes"]:
        names -= {"unshare", "setns"}
    libc, seccomp = ctypes.CDLL(None, use_errno=True), ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(seccomp.seccomp_init(REFUSE))
    for name in names:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        for condition in only.get(name, [None]):
            some = (condition,) if condition else ()
            packed = (Argument * len(some))(*some)
            seccomp.seccomp_rule_add_array(rules, ALLOW, number, len(some), packed)
    for capability in range(LAST_CAPABILITY + 1):
        assert libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert seccomp.seccomp_load(rules) == 0


def main(unit: str, writable: str, *program: str) -> None:
    confine_files(Path(unit), Path(writable))
    os.umask(0o077)
    become_somebody()
    confine_calls(Path(unit))
    os.execv(program[0], program)


if __name__ == "__main__":
    main(*sys.argv[1:])
