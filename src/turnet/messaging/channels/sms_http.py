"""SMS over the HTTP interface of a gateway company: one driver, and a preset (`sms_presets`) for each of them.

None of them takes an id that keeps a second try from reaching the person twice, so whatever is not clear is `Unsure`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from turnet.messaging.channels import NO_NUMBER, Call, Incoming, Parcel, Refused, Report, Trouble, Unsure
from turnet.messaging.channels.account import Account, account
from turnet.messaging.channels.http import CALL_SECONDS, Line, trouble
from turnet.settings import BadSetting

_NUMBER = re.compile(r"\+?[0-9]{3,15}")
_SENDER = re.compile(r"\+?[0-9]{3,15}|[A-Za-z0-9][A-Za-z0-9 .&_-]{1,10}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")

Json = Mapping[str, Any]
Said = TypeVar("Said", Report, Incoming)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a preset makes its request from."""

    account: Account
    sender: str
    id: str
    """Ours, for gateways that repeat it in their reports."""
    to: str
    """E.164."""
    text: str
    hook: str
    """Address for reports of this message; empty where they could not reach us."""
    life: int
    """Seconds after which it had better not arrive; 0: it does not matter."""


@dataclass(frozen=True, slots=True)
class Preset:
    name: str
    host: str
    """Empty where each customer has another."""
    path: str
    """May name `{user}`."""
    auth: str
    """`basic`, or the word before the token in the Authorization header."""
    request: Callable[[Outgoing], Json]
    """Raises `Refused` for a message that the gateway cannot take."""
    form: bool
    """Is the request a form? Else it is JSON."""
    taken: Callable[[Json], str]
    """Reads an answer of 2xx and returns their id. Raises `Trouble`, or `LookupError` when it is not one of theirs."""
    code: Callable[[Json], object]
    """Their own error code in an answer, or None."""
    reports: Callable[[Call], list[Report]]
    """Raises `ValueError` (`LookupError` is one too, here)."""
    incoming: Callable[[Call], list[Incoming]]
    """Raises as `reports` does; an empty list for a report."""
    refused: Mapping[object, str] | None = None
    """What staff read for codes that they can do something about."""
    verify: Callable[[Call, Account, str], None] | None = None
    """Checks the signature over a call to our hook at this address. Raises `Forged`."""
    question: Callable[[Account, Sequence[str], datetime], Json] | None = None
    """The request that asks what became of messages; its answer goes to `answered`."""
    answered: Callable[[Json], list[Report]] | None = None
    sender: re.Pattern[str] = _SENDER
    options: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()


class SmsHttp:
    repeatable = False

    def __init__(self, url: str, preset: Preset, *, hook: str = "", seconds: float = CALL_SECONDS) -> None:
        """`hook`: our address for reports. Raises `BadSetting`."""
        self._preset, self._hook = preset, hook
        self._account = account(url, host=preset.host, known=("from", "answers", *preset.options, *preset.needed))
        _check(self._account, preset)
        token = self._account.password or self._account.user
        self._line = Line(
            self._account.base,
            auth=(self._account.user, self._account.password) if preset.auth == "basic" else None,
            headers={} if preset.auth == "basic" else {"Authorization": f"{preset.auth} {token}"},
            seconds=seconds,
        )

    @property
    def name(self) -> str:
        return self._preset.name

    @property
    def sender(self) -> str:
        return self._account.options["from"]

    @property
    def number(self) -> str:
        return self._account.options.get("answers", self.sender)

    @property
    def receives(self) -> bool:
        return _NUMBER.fullmatch(self.number) is not None

    @property
    def asks(self) -> bool:
        return self._preset.question is not None

    async def send(self, parcel: Parcel) -> str | None:
        request = self._preset.request(self._outgoing(parcel))
        answer = await self._call(request)
        if not answer.accepted:
            raise self._trouble(answer.content, trouble(self.name, answer, self._preset.code(answer.content)))
        try:
            return self._preset.taken(answer.content)[:200]
        except Trouble:
            raise
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise Unsure(f"{self.name} answered {answer.status} with something else than its answer") from error

    def _outgoing(self, parcel: Parcel) -> Outgoing:
        if not _E164.fullmatch(parcel.recipient):
            raise Refused(NO_NUMBER)
        life = max(int((parcel.until - parcel.at).total_seconds()), 60) if parcel.until else 0
        hook = f"{self._hook}?id={parcel.id}" if self._hook else ""
        sender = self.number if parcel.asks and self.receives else self.sender
        return Outgoing(self._account, sender, str(parcel.id), parcel.recipient, parcel.content.decode(), hook, life)

    def _trouble(self, content: Json, said: Trouble) -> Trouble:
        known = (self._preset.refused or {}).get(self._preset.code(content))
        return Refused(f"{known} ({said})") if known else said

    async def _call(self, request: Json) -> Any:
        path = self._preset.path.format(user=self._account.user)
        if self._preset.form:
            return await self._line.call("POST", path, form={name: str(value) for name, value in request.items()})
        return await self._line.call("POST", path, json=request)

    async def close(self) -> None:
        await self._line.close()

    def reports(self, call: Call) -> list[Report]:
        return self._read(call, self._preset.reports)

    def incoming(self, call: Call) -> list[Incoming]:
        return self._read(call, self._preset.incoming)

    def _read(self, call: Call, how: Callable[[Call], list[Said]]) -> list[Said]:
        if self._preset.verify:
            self._preset.verify(call, self._account, self._hook)
        try:
            return how(call)
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"not a call of {self.name}") from error

    async def ask(self, ids: Sequence[str], *, real: datetime) -> list[Report]:
        question, answered = self._preset.question, self._preset.answered
        if question is None or answered is None or not ids:
            return []
        answer = await self._call(question(self._account, ids, real))
        if not answer.accepted:
            raise trouble(self.name, answer, self._preset.code(answer.content))
        return answered(answer.content)


def _check(account: Account, preset: Preset) -> None:
    name, given = preset.name, account.options
    example = f"{name}://{'user:password' if preset.auth in {'basic', 'Bearer'} else 'key'}@{preset.host}?from=…"
    if not account.user or (preset.auth in {"basic", "Bearer"} and not account.password):
        raise BadSetting(f"TURNET_SMS_URL lacks the account's name or secret: {example} (docs/sms.md)")
    for option in ("from", *preset.needed):
        if option not in given:
            raise BadSetting(f"TURNET_SMS_URL lacks {option}=: {example} (docs/sms.md)")
    if not _NUMBER.fullmatch(given.get("answers", "000")):
        raise BadSetting(f"TURNET_SMS_URL has answers={given['answers']}; only a number can be answered")
    if not preset.sender.fullmatch(given["from"]):
        raise BadSetting(
            f"TURNET_SMS_URL has from={given['from']}; a sender is a number, or a name of 2 to 11 characters"
        )
