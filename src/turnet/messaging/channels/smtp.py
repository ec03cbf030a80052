"""Mail through the clinic's own mail server. Connections are kept while there is more to send."""

import asyncio
import re
import ssl
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from turnet.messaging.channels import Deferred, Parcel, Refused, Unreachable
from turnet.settings import BadSetting

CALL_SECONDS = 25.0
"""For one mail, connecting included: less than half a lease."""

MAILS_PER_CONNECTION = 50
"""Some servers hang up on whoever brings more."""

_NEEDS_SETUP = frozenset({530, 534, 535, 538})
"""Refusals that say how the server wants to be spoken to, not what it thinks of the mail."""

_ADDRESS = re.compile(r"[!-~]+@[!-~]+")
"""Printable ASCII without spaces: nothing that could begin another command."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    user: str
    password: str
    tls: str
    """`implicit`, `starttls` or `none`."""


def server(url: str) -> Server:
    """Reads `smtp://user:pass@host:587?tls=starttls` or `smtps://…`. Raises `BadSetting`.

    Without `tls=` a server on this machine is spoken to in the clear, every other one with STARTTLS.
    """
    read = urlsplit(url)
    host = read.hostname or ""
    if not host:
        raise BadSetting("TURNET_MAIL_URL names no host; write smtp://user:pass@host:587?tls=starttls")
    tls = "implicit" if read.scheme == "smtps" else "none" if host in _LOOPBACK else "starttls"
    tls = parse_qs(read.query).get("tls", [tls])[0]
    if tls not in {"implicit", "starttls", "none"}:
        raise BadSetting(f"TURNET_MAIL_URL has tls={tls}; it must be starttls or none (smtps:// for implicit)")
    if tls == "none" and read.username and host not in _LOOPBACK:
        raise BadSetting("TURNET_MAIL_URL would send a password unencrypted; use tls=starttls or smtps://")
    port = read.port or {"implicit": 465, "starttls": 587, "none": 25}[tls]
    return Server(host, port, unquote(read.username or ""), unquote(read.password or ""), tls)


class Smtp:
    """A small pool: each `send` takes an idle connection or opens one, and gives it back when the server behaved."""

    repeatable = True
    """Every try carries the same Message-ID."""

    def __init__(self, url: str, *, own_name: str, seconds: float = CALL_SECONDS) -> None:
        self._server, self._own_name, self._seconds = server(url), own_name, seconds
        self._idle: list[tuple[aiosmtplib.SMTP, int]] = []

    async def send(self, parcel: Parcel) -> str | None:
        if not _ADDRESS.fullmatch(parcel.recipient):
            raise Refused("the address holds characters that not every mail server takes")
        try:
            async with asyncio.timeout(self._seconds):
                return await self._send(parcel)
        except TimeoutError as error:
            raise Unreachable(f"{self._where} did not answer within {self._seconds:g} s") from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _answered(error.recipients[0], parcel.recipient) from error
        except aiosmtplib.SMTPConnectResponseError as error:
            raise Unreachable(f"{self._where} turned us away: {error.code} {error.message}") from error
        except aiosmtplib.SMTPResponseException as error:
            raise _answered(error, parcel.recipient) from error
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            raise Unreachable(f"{self._where}: {error}") from error
        except ValueError as error:
            raise Refused("the address cannot be written in a mail") from error

    @property
    def _where(self) -> str:
        return f"{self._server.host}:{self._server.port}"

    async def _send(self, parcel: Parcel) -> str | None:
        while self._idle:
            client, carried = self._idle.pop()
            if client.is_connected:
                return await self._through(client, carried, parcel)
        return await self._through(await self._connected(), 0, parcel)

    async def _through(self, client: aiosmtplib.SMTP, carried: int, parcel: Parcel) -> str | None:
        try:
            _refused, answer = await client.sendmail(
                parcel.returns or parcel.sender, [parcel.recipient], parcel.content
            )
        except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused):
            await self._keep(client, carried + 1)
            raise
        except BaseException:
            client.close()
            raise
        await self._keep(client, carried + 1)
        return answer[:200] or None

    async def _keep(self, client: aiosmtplib.SMTP, carried: int) -> None:
        if carried >= MAILS_PER_CONNECTION:
            await _goodbye(client)
        elif client.is_connected:
            self._idle.append((client, carried))

    async def _connected(self) -> aiosmtplib.SMTP:
        to = self._server
        client = aiosmtplib.SMTP(
            hostname=to.host,
            port=to.port,
            username=to.user or None,
            password=to.password or None,
            use_tls=to.tls == "implicit",
            start_tls=to.tls == "starttls",
            local_hostname=self._own_name,
            timeout=self._seconds,
        )
        try:
            await client.connect()
        except BaseException:
            client.close()
            raise
        return client

    async def close(self) -> None:
        while self._idle:
            await _goodbye(self._idle.pop()[0])


async def _goodbye(client: aiosmtplib.SMTP) -> None:
    try:
        async with asyncio.timeout(2):
            await client.quit()
    except (aiosmtplib.SMTPException, OSError):  # it had gone already
        client.close()


def _answered(error: aiosmtplib.SMTPResponseException, recipient: str) -> Refused | Deferred | Unreachable:
    said = f"{error.code} {error.message}".replace(recipient, "…")[:300]
    if error.code in _NEEDS_SETUP or error.code == 421 or isinstance(error, aiosmtplib.SMTPHeloError):
        return Unreachable(said)
    return Refused(said) if 500 <= error.code < 600 else Deferred(said)
