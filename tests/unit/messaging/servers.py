"""Mail servers and SMS gateways on loopback that behave as asked: real SMTP by aiosmtpd, the rest by bare sockets."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiosmtpd.smtp import SMTP


@dataclass
class MailServer:
    """Keeps what it accepted. `answers` replaces an answer, by command or by recipient; `HANG` never answers."""

    HANG = "hang"

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    mails: list[bytes] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    """Of each, as the envelope names it."""
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
        self.senders.append(envelope.mail_from)
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
    """URL of a port on which nobody listens, nor will while this process lives."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    taken.detach()
    return f"smtp://127.0.0.1:{port}"


# --- SMS gateways


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def a_json(content: object, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json.dumps(content).encode(), {"Content-Type": "application/json"} | headers)


AN_ERROR_PAGE = Answer(200, b"<!doctype html><title>Service</title><h1>We will be back soon</h1>")


@dataclass
class SmsGateway:
    """Keeps what it was asked, and answers as it is told to. `SILENCE` never answers, `HANG_UP` closes instead."""

    SILENCE = "silence"
    HANG_UP = "hang up"

    answer: Any
    """An `Answer`, a function from what was asked to one, or one of the above."""
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def hang_up(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    @property
    def at(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                asked = await _request(reader)
                self.asked.append(asked)
                answer = self.answer(asked) if callable(self.answer) else self.answer
                if answer == self.SILENCE:
                    await reader.read()
                    break
                if answer == self.HANG_UP:
                    break
                writer.write(_written(answer))
                await writer.drain()
        writer.close()
        self._open.discard(writer)


async def _request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = {name.lower(): text.strip() for name, _, text in (line.partition(":") for line in head[1:] if line)}
    return Asked(method, path, headers, await reader.readexactly(int(headers.get("content-length", 0))))


def _written(answer: Answer) -> bytes:
    headers = {"Content-Length": str(len(answer.body))} | answer.headers
    lines = [f"HTTP/1.1 {answer.status} Said", *(f"{name}: {text}" for name, text in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + answer.body


@asynccontextmanager
async def a_gateway(answer: Any) -> AsyncIterator[SmsGateway]:
    gateway = SmsGateway(answer)
    server = await asyncio.start_server(gateway._talk, "127.0.0.1", 0)
    gateway.port = server.sockets[0].getsockname()[1]
    try:
        yield gateway
    finally:
        server.close()
        gateway.hang_up()
        await asyncio.sleep(0)


class Phone:
    """What SMS Gateway for Android does with messages: each id once."""

    def __init__(self, *, dedupes: bool = True) -> None:
        self.dedupes, self.sent = dedupes, dict[str, int]()
        """How many times each id went to somebody."""

    def __call__(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            return self._state(asked.path.rpartition("/")[2])
        message = asked.json
        if self.dedupes and message["id"] in self.sent:
            return a_json({"message": "message already exists"}, 409)
        self.sent[message["id"]] = self.sent.get(message["id"], 0) + 1
        return a_json(self._shown(message["id"], message["phoneNumbers"], "Pending"), 202)

    def _state(self, message: str) -> Answer:
        found = message in self.sent
        return (
            a_json(self._shown(message, ["+358401234567"], "Delivered")) if found else a_json({"message": "none"}, 404)
        )

    def _shown(self, message: str, numbers: list[str], state: str) -> dict[str, Any]:
        people = [{"phoneNumber": number, "state": state, "error": None} for number in numbers]
        return {
            "id": message, "deviceId": "d", "state": state, "recipients": people, "states": {},
            "isHashed": False, "isEncrypted": False,
        }  # fmt: skip


def twilio(asked: Asked) -> Answer:
    """Takes everything."""
    number = sum(asked.body) + len(asked.body)
    return a_json({"sid": f"SM{number:032x}", "status": "queued", "error_code": None, "num_segments": "1"}, 201)
