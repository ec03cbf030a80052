"""The SMTP channel against servers that accept, refuse, hesitate and fall silent."""

import uuid
from datetime import UTC, datetime

import pytest

from tests.unit.messaging.servers import MailServer, a_closed_port, a_mail_server, a_silent_server
from turnet.messaging.channels import Deferred, Parcel, Refused, Unreachable
from turnet.messaging.channels.smtp import MAILS_PER_CONNECTION, Server, Smtp, server
from turnet.settings import BadSetting

MAIL = b"Subject: hello\r\n\r\n.one dot\r\n"


def a_parcel(recipient: str = "dana@example.com") -> Parcel:
    return Parcel(uuid.UUID(int=1), "appointments@tuomi.example", recipient, MAIL, datetime(2026, 12, 1, tzinfo=UTC))


def smtp(url: str, seconds: float = 5) -> Smtp:
    return Smtp(url, own_name="tuomi.example", seconds=seconds)


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("smtp://u%40x:p%2Fw@mail.example:2525?tls=starttls", Server("mail.example", 2525, "u@x", "p/w", "starttls")),
        ("smtp://mail.example", Server("mail.example", 587, "", "", "starttls")),
        ("smtp://mail.example:25?tls=none", Server("mail.example", 25, "", "", "none")),
        ("smtps://u:p@mail.example", Server("mail.example", 465, "u", "p", "implicit")),
        ("smtp://127.0.0.1:1025", Server("127.0.0.1", 1025, "", "", "none")),
        ("smtp://localhost?tls=starttls", Server("localhost", 587, "", "", "starttls")),
    ],
)
def test_a_mail_url_says_who_and_how(url: str, read: Server) -> None:
    assert server(url) == read


@pytest.mark.parametrize("url", ["smtp://", "smtp://mail.example?tls=maybe", "smtp://u:p@mail.example?tls=none"])
def test_a_mail_url_that_cannot_be_used_says_what_to_write(url: str) -> None:
    with pytest.raises(BadSetting, match=r"smtp://|starttls"):
        server(url)


async def test_an_accepted_mail_arrives_byte_for_byte_and_returns_the_servers_id() -> None:
    async with a_mail_server() as inbox:
        channel = smtp(inbox.url)

        said = await channel.send(a_parcel())
        await channel.close()

    assert (inbox.mails, inbox.recipients, said) == ([MAIL], ["dana@example.com"], "accepted as 4711")


async def test_many_mails_share_a_connection_up_to_a_limit() -> None:
    async with a_mail_server() as inbox:
        channel = smtp(inbox.url)
        for _ in range(MAILS_PER_CONNECTION + 1):
            await channel.send(a_parcel())
        await channel.close()

    assert (len(inbox.mails), inbox.connections) == (MAILS_PER_CONNECTION + 1, 2)


@pytest.mark.parametrize(
    ("command", "answer", "trouble", "said"),
    [
        ("RCPT", "550 5.1.1 <dana@example.com> unknown", Refused, "550 5.1.1 <…> unknown"),
        ("RCPT", "452 4.2.2 mailbox full", Deferred, "452 4.2.2 mailbox full"),
        ("MAIL", "550 not from you", Refused, "550 not from you"),
        ("MAIL", "530 authentication required", Unreachable, "530 authentication required"),
        ("DATA", "554 looks like spam", Refused, "554 looks like spam"),
        ("DATA", "451 try later", Deferred, "451 try later"),
        ("DATA", "421 going down", Unreachable, "421 going down"),
    ],
)
async def test_what_the_server_says_decides_whether_to_try_again(
    command: str, answer: str, trouble: type[Exception], said: str
) -> None:
    async with a_mail_server(**{command: answer}) as inbox:
        channel = smtp(inbox.url)

        with pytest.raises(trouble) as caught:
            await channel.send(a_parcel())
        await channel.close()

    assert str(caught.value) == said


async def test_a_refused_recipient_does_not_spoil_the_connection_for_the_next() -> None:
    async with a_mail_server(**{"dana@example.com": "550 unknown"}) as inbox:
        channel = smtp(inbox.url)
        with pytest.raises(Refused):
            await channel.send(a_parcel())

        await channel.send(a_parcel("omer@example.com"))
        await channel.close()

    assert (inbox.recipients, inbox.connections) == (["omer@example.com"], 1)


async def test_a_closed_port_is_unreachable() -> None:
    channel = smtp(await a_closed_port())

    with pytest.raises(Unreachable):
        await channel.send(a_parcel())


async def test_a_server_that_accepts_and_says_nothing_is_given_up_in_time() -> None:
    async with a_silent_server() as url:
        channel = smtp(url, seconds=0.1)

        with pytest.raises(Unreachable, match=r"did not answer within 0\.1 s"):
            await channel.send(a_parcel())


async def test_a_server_that_hangs_after_the_data_is_given_up_in_time() -> None:
    async with a_mail_server(DATA=MailServer.HANG) as inbox:
        channel = smtp(inbox.url, seconds=0.3)

        with pytest.raises(Unreachable):
            await channel.send(a_parcel())
        await channel.close()

    assert inbox.mails == []


@pytest.mark.parametrize("address", ["דנה@example.com", "dana@example.com\r\nRCPT TO:<x@y.example>"])
async def test_an_address_that_could_not_travel_is_refused(address: str) -> None:
    async with a_mail_server() as inbox:
        channel = smtp(inbox.url)

        with pytest.raises(Refused):
            await channel.send(a_parcel(address))
        await channel.close()

    assert inbox.recipients == []
