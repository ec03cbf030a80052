"""`turnet user`, and the link that makes the first owner: on the files, and through the server that runs."""

import re
import signal
from typing import Any

import pytest

from tests.factories import a_clinic
from tests.test_cli import TUOMI, Turnet, _ask, _no_settings, _started, installation, port, turnet, within
from turnet.db.transactions import fetch
from turnet.demo.staff import PASSWORD
from turnet.demo.start import ready
from turnet.settings import Settings
from turnet.staff import secrets

__all__ = ["_no_settings", "installation", "port", "turnet"]

REA = ("user", "add", "rea@tuomi.example", "--name", "Rea Salo")


async def _users() -> list[tuple[Any, ...]]:
    return await fetch("SELECT email, role, practitioner, totp_secret, disabled_at IS NULL FROM staff_user ORDER BY id")


def test_init_prints_the_owners_link(turnet: Turnet, installation: Settings) -> None:
    answer = turnet("init", "--yes", *TUOMI)

    assert len(re.findall(r"http://127\.0\.0\.1:8000/join/[\w-]{43}\n", answer.out)) == 1
    assert within(installation, lambda: fetch("SELECT kind FROM staff_link")) == [("owner",)]


def test_add_prints_a_link_and_list_shows_who_waits(turnet: Turnet, installation: Settings) -> None:
    within(installation, a_clinic)

    added = turnet(*REA)
    second = turnet(
        "user", "add", "sanna@tuomi.example", "--name", "Sanna", "--role", "practitioner", "--practitioner", "sanna"
    )
    listed = turnet("user", "list")

    assert [len(re.findall(r"/join/[\w-]{43}\n", answer.out)) for answer in (added, second)] == [1, 1]
    assert [line.split()[:3] for line in listed.out.splitlines()] == [
        ["rea@tuomi.example", "reception", "invited"], ["sanna@tuomi.example", "practitioner", "invited"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (REA, "turnet: there is an account with that address; turnet user reset prints a link for it\n"),
        (("user", "disable", "eve@tuomi.example"), "turnet: there is no account with the address eve@tuomi.example; turnet user list shows them\n"),
        (("user", "reset", "eve@tuomi.example"), "turnet: there is no account with the address eve@tuomi.example; turnet user list shows them\n"),
        (("user", "add", "x@tuomi.example", "--name", "X", "--role", "practitioner"), "turnet: --practitioner is missing: whose diary is theirs? The address of their page ends with it\n"),
        (("user", "add", "x@tuomi.example", "--name", "X", "--practitioner", "nobody"), "turnet: there is no practitioner of that short name; the address of their page ends with it\n"),
        (("user", "add", "nonsense", "--name", "X"), "turnet: email cannot be used: not_valid\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_one_line(
    turnet: Turnet, installation: Settings, arguments: tuple[str, ...], said: str
) -> None:
    within(installation, a_clinic)
    turnet(*REA)
    before = within(installation, _users)

    answer = turnet(*arguments)

    assert (answer.code, answer.out, answer.err) == (1, "", said)
    assert within(installation, _users) == before


def test_reset_forgets_the_codes_and_prints_a_link(turnet: Turnet, installation: Settings) -> None:
    within(installation, a_clinic)
    turnet(*REA)
    within(
        installation,
        lambda: fetch("UPDATE staff_user SET totp_secret = 'sealed', password_hash = 'x' WHERE id = 1 RETURNING id"),
    )

    answer = turnet("user", "reset", "REA@tuomi.example")

    assert len(re.findall(r"/join/[\w-]{43}\n", answer.out)) == 1
    assert [user[3] for user in within(installation, _users)] == [""]
    assert within(installation, lambda: fetch("SELECT kind FROM staff_link")) == [("reset",)]
    assert within(installation, lambda: fetch("SELECT actor, act FROM audit_entry ORDER BY id")) == [
        ("system", "invited"), ("system", "codes_cleared"), ("system", "reset_made"),
    ]  # fmt: skip


def test_disable_and_enable(turnet: Turnet, installation: Settings) -> None:
    within(installation, a_clinic)
    turnet(*REA)

    states = []
    for command in ("disable", "enable"):
        assert turnet("user", command, "rea@tuomi.example").code == 0
        states.append(bool(within(installation, _users)[0][4]))

    assert states == [False, True]


def test_only_owner_is_not_disabled(turnet: Turnet, installation: Settings) -> None:
    within(installation, a_clinic)
    turnet("user", "add", "ona@tuomi.example", "--name", "Ona", "--role", "owner")

    answer = turnet("user", "disable", "ona@tuomi.example")

    assert answer.err == "turnet: this is the only owner; make somebody else owner first\n"


def test_demo_has_a_login_of_every_role(installation: Settings) -> None:
    async def made() -> tuple[list[Any], bool, Any]:
        await ready("en")
        rows = await fetch("SELECT email, role, password_hash FROM staff_user ORDER BY id")
        return rows, await secrets.matches(PASSWORD, rows[0][2]), await fetch("SELECT staff_totp FROM clinic")

    rows, matches, policy = within(installation, made)

    assert [role for _email, role, _hash in rows] == ["owner", "manager", "reception", "practitioner", "read_only"]
    assert (matches, bool(policy[0][0])) == (True, False)


@pytest.mark.slow
def test_serve_prints_the_owners_link_and_user_is_done_by_the_server(turnet: Turnet, port: int) -> None:
    turnet("init", "--data", "d", "--yes", *TUOMI)
    running = _started("serve", "--data", "d", TURNET_LISTEN=f"127.0.0.1:{port}")
    try:
        up = _ask(f"http://127.0.0.1:{port}/up", running)
        added = turnet("user", "add", "rea@tuomi.example", "--name", "Rea Salo", "--data", "d")
        again = turnet("user", "add", "rea@tuomi.example", "--name", "Rea Salo", "--data", "d")
    finally:
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)

    assert (up, added.code) == (200, 0)
    assert again.err == "turnet: there is an account with that address; turnet user reset prints a link for it\n"
    [link] = re.findall(rf"http://127\.0\.0\.1:{port}(/join/[\w-]{{43}})\n", out)
    assert link not in err
