"""Reading the mailbox of returned mail from a real Dovecot on loopback."""

import asyncio
import grp
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.conftest import missing
from turnet.messaging.bounces import LARGEST
from turnet.messaging.channels import Unreachable
from turnet.messaging.channels.imap import Box, Mailbox, box
from turnet.settings import BadSetting

CONFIG = """
base_dir = {at}/run
state_dir = {at}/state
log_path = {at}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{at}/mail
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = 0
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = password=hush
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={at}/home
}}
"""


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def dovecot() -> Iterator[tuple[Box, Path]]:
    """Where its mailbox is reached, and the folder in which new mail arrives."""
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if program is None:
        missing("Dovecot")
    owner, port = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid()), _free_port()
    with TemporaryDirectory(prefix="dovecot-") as made:
        at = Path(made)
        for folder in ("run", "state", "home", "mail", "mail/new", "mail/cur", "mail/tmp"):
            (at / folder).mkdir()
        group = grp.getgrgid(owner.pw_gid).gr_name
        config = at / "dovecot.conf"
        config.write_text(
            CONFIG.format(at=at, port=port, user=owner.pw_name, group=group, uid=owner.pw_uid, gid=owner.pw_gid)
        )
        if os.getuid() == 0:  # its login process refuses to be root
            for file in (at, *at.rglob("*")):
                os.chown(file, owner.pw_uid, owner.pw_gid)
        own = {"user": owner.pw_uid, "group": owner.pw_gid} if os.getuid() == 0 else {}
        server = subprocess.Popen([program, "-F", "-c", str(config)], **own)
        try:
            _wait(port)
            yield Box("127.0.0.1", port, "bounces", "hush", "INBOX", encrypted=False), at / "mail" / "new"
        finally:
            server.terminate()
            server.wait(10)


def _wait(port: int) -> None:
    for _ in range(200):
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("Dovecot did not start")


async def test_what_nobody_has_seen_is_read_once(dovecot: tuple[Box, Path]) -> None:
    where, new = dovecot
    for number in range(3):
        mail = new / f"1.{number}.host"
        mail.write_bytes(f"Subject: {number}\r\n\r\nReturned.\r\n".encode())
        mail.chmod(0o666)
    mailbox = Mailbox(where)

    first = await mailbox.unread()
    for uid, mail in first[:2]:
        assert mail.endswith(b"Returned.\r\n")
        await mailbox.seen(uid)
    await mailbox.close()
    again = await mailbox.unread()
    await mailbox.close()

    assert ([mail.splitlines()[0] for _uid, mail in first], [uid for uid, _ in again]) == (
        [b"Subject: 0", b"Subject: 1", b"Subject: 2"], [first[2][0]],
    )  # fmt: skip


async def test_of_a_large_mail_only_the_beginning_is_fetched(dovecot: tuple[Box, Path]) -> None:
    """Anybody may write to that address, and fifty are held in memory at once."""
    where, new = dovecot
    mail = new / "1.0.host"
    mail.write_bytes(b"Subject: large\r\n\r\n" + (b"x" * 70 + b"\r\n") * 10_000)
    mail.chmod(0o666)
    mailbox = Mailbox(where)

    [(_uid, fetched)] = await mailbox.unread()
    await mailbox.close()

    assert (fetched[:16], len(fetched)) == (b"Subject: large\r\n", LARGEST)


async def test_a_wrong_password_is_trouble_of_the_mailbox(dovecot: tuple[Box, Path]) -> None:
    where, _new = dovecot

    with pytest.raises(Unreachable):
        await Mailbox(Box(where.host, where.port, "bounces", "wrong", "Lost", encrypted=False)).unread()


async def test_a_mailbox_that_is_not_there_is_trouble() -> None:
    with pytest.raises(Unreachable):
        await Mailbox(Box("127.0.0.1", _free_port(), "u", "p", "INBOX", encrypted=False)).unread()
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("url", "want"),
    [
        ("imaps://u%40x:p%2F@mail.example", Box("mail.example", 993, "u@x", "p/", "INBOX", encrypted=True)),
        ("imaps://u:p@mail.example:1993/Bounces", Box("mail.example", 1993, "u", "p", "Bounces", encrypted=True)),
        ("imap://u:p@127.0.0.1", Box("127.0.0.1", 143, "u", "p", "INBOX", encrypted=False)),
    ],
)
def test_the_address_says_where(url: str, want: Box) -> None:
    assert box(url) == want


@pytest.mark.parametrize(
    "url", ["imaps://mail.example", "imaps://u@mail.example", "imap://u:p@mail.example", "imaps://"]
)
def test_an_address_that_cannot_be_used_is_said(url: str) -> None:
    with pytest.raises(BadSetting):
        box(url)
