"""Mail servers on loopback that behave as asked: real SMTP by aiosmtpd, silence by a bare socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP


@dataclass
class MailServer:
    """Keeps what it accepted. `answers` replaces an answer, by command or by recipient; `HANG` never answers."""

    HANG = "hang"

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    mails: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0
    farewells: int = 0

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        envelope.mail_from = address
        envelope.mail_options = options
        return await self._answer("MAIL") or "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if refusal := await self._answer(address) or await self._answer("RCPT"):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if refusal := await self._answer("DATA"):
            return refusal
        self.mails.append(envelope.original_content)
        self.recipients.extend(envelope.rcpt_tos)
        return "250 accepted as 4711"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:
        self.farewells += 1
        return "221 Bye"

    async def _answer(self, what: str) -> str | None:
        answer = self.answers.get(what)
        if answer == self.HANG:
            await asyncio.Event().wait()
        return answer

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@asynccontextmanager
async def a_mail_server(**answers: str) -> AsyncIterator[MailServer]:
    inbox = MailServer(answers=dict(answers))
    sessions: list[SMTP] = []

    def session() -> SMTP:
        inbox.connections += 1
        sessions.append(SMTP(inbox, hostname="mail.test", loop=asyncio.get_running_loop()))
        return sessions[-1]

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
    inbox.port = server.sockets[0].getsockname()[1]
    try:
        yield inbox
    finally:
        server.close()
        for one in sessions:
            if one.transport is not None:
                one.transport.close()
            if (task := one._handler_coroutine) is not None:
                task.cancel()
        await asyncio.sleep(0)


@asynccontextmanager
async def a_silent_server() -> AsyncIterator[str]:
    """Accepts connections and never says a word. Yields its URL."""
    writers: list[asyncio.StreamWriter] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    try:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in writers:
            writer.close()


async def a_closed_port() -> str:
    """URL of a port on which nobody listens."""
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return f"smtp://127.0.0.1:{port}"
