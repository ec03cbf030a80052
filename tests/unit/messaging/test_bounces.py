"""What comes back: which mail it was and whether its address is dead. Reports as Postfix, Exim and Exchange write them."""

from dataclasses import replace
from uuid import UUID

import pytest

from turnet.messaging.bounces import Returned, return_address, returned
from turnet.settings import Settings

KEY = b"k" * 32
MAIL = UUID("6f1c7f0e-6a0b-4a53-9a40-0c9a3a1c2b7d")
SETTINGS = replace(Settings(), bounce_mail="bounces@tuomi.example")
BACK = return_address(SETTINGS, KEY, MAIL, "appointments@tuomi.example")


def report(status: str = "5.1.1", action: str = "failed", to: str = BACK, more: str = "") -> bytes:
    return f"""From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.
--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
X-Postfix-Sender: rfc822; {to}

Final-Recipient: rfc822; dana@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <dana@example.com>: Recipient address rejected
--b1
Content-Type: message/rfc822

Return-Path: <{to}>
Subject: Tuomi Dental: your time
{more}
--b1--
""".encode()


EXCHANGE = f"""Received: from a by b
MIME-Version: 1.0
From: <postmaster@outlook.example>
To: <{BACK.upper()}>
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="x"

--x
Content-Type: multipart/alternative; boundary="y"

--y
Content-Type: text/plain; charset="us-ascii"

Your message couldn't be delivered.
--y--
--x
Content-Type: message/delivery-status

Reporting-MTA: dns;DB1.prod.outlook.example

Final-recipient: RFC822;dana@outlook.example
Action: FAILED
Status: 5.1.10 (bad destination)
--x--
""".encode()

ABSENCE = f"""From: dana@example.com
To: {BACK}
Subject: Automatic reply: your time
Auto-Submitted: auto-replied
Content-Type: text/plain

I am away. Status: 5.1.1, ha.
""".encode()

TWO = report().replace(
    b"Final-Recipient: rfc822; dana@example.com",
    b"Action: delayed\nStatus: 4.4.1\n\nFinal-Recipient: rfc822; dana@example.com",
)


@pytest.mark.parametrize(
    ("mail", "status", "dead"),
    [
        (report(), "5.1.1", True),
        (report("5.2.1"), "5.2.1", True),
        (report("5.4.4 (unable to route)"), "5.4.4", True),
        (report("5.2.2"), "5.2.2", False),
        (report("5.7.1"), "5.7.1", False),
        (report("4.4.7"), "4.4.7", False),
        (report("unknown"), "", False),
        (EXCHANGE, "5.1.10", True),
        (TWO, "5.1.1", True),
        (report().replace(b"\n", b"\r\n"), "5.1.1", True),
    ],
    ids=["postfix", "closed", "no-route", "full", "policy", "expired", "no-status", "exchange", "two-blocks", "crlf"],
)
def test_a_report_says_which_mail_and_why(mail: bytes, status: str, dead: bool) -> None:
    found = returned(mail, SETTINGS, KEY)

    assert found == Returned(MAIL, status)
    assert found.dead is dead


@pytest.mark.parametrize(
    "mail",
    [
        report(action="delayed"),
        report(action="relayed"),
        ABSENCE,
        report(to="bounces@tuomi.example"),
        report(to=BACK[:-20] + "a" + BACK[-19:]),
        report(to=return_address(SETTINGS, b"x" * 32, MAIL, "")),
        b"",
        b"\x00\xff" * 500,
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n\n--b--",
        b"Content-Type: message/rfc822\n\n" * 3000,
        f"To: {BACK}\n".encode() + b"Content-Type: message/rfc822\n\n" * 3000,
        report(more='boundary="x"\n' * 30),
    ],
    ids=[
        "delayed",
        "relayed",
        "absence",
        "no-token",
        "forged",
        "other-key",
        "empty",
        "bytes",
        "hollow",
        "nested",
        "nested-and-ours",
        "boundaries",
    ],
)
def test_everything_else_says_nothing(mail: bytes) -> None:
    assert returned(mail, SETTINGS, KEY) is None


def test_the_address_is_short_enough_for_every_server() -> None:
    """RFC 5321 §4.5.3.1.1: 64 octets before the @."""
    assert len(BACK.partition("@")[0]) <= 64
    assert BACK.startswith("bounces+")


def test_without_a_mailbox_mail_comes_back_to_its_sender() -> None:
    assert return_address(Settings(), KEY, MAIL, "appointments@tuomi.example") == "appointments@tuomi.example"
