"""SMS Gateway for Android: the clinic's own phone, through the app's own server, its cloud or a private server.

Our id goes along, and the phone takes one id once: a second try is answered 409 and reaches nobody twice.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from turnet.messaging.channels import Call, Deferred, Forged, Incoming, Parcel, Report, Unreachable, Unsure, told_apart
from turnet.messaging.channels.account import account
from turnet.messaging.channels.http import CALL_SECONDS, Answer, Line, Silent, json_object, trouble
from turnet.messaging.channels.sms_incoming import instant
from turnet.settings import BadSetting

LEAST_LIFE = timedelta(minutes=1)

_EVENTS = {"sms:sent": "sent", "sms:delivered": "delivered", "sms:failed": "failed"}
_STATES = {"Sent": "sent", "Delivered": "delivered", "Failed": "failed"}
_RECEIVED = "sms:received"
_TAKEN = 409


class SmsAndroid:
    name = "android"
    repeatable = True
    asks = True
    """Its calls need a hook that somebody entered in the app, and a phone that finds us."""

    def __init__(self, url: str, *, seconds: float = CALL_SECONDS) -> None:
        """Raises `BadSetting`."""
        self._account = account(url, known=("sim", "signing", "answers"))
        if not (self._account.user and self._account.password):
            raise BadSetting("TURNET_SMS_URL lacks the app's user name and password: android://user:password@host/path")
        sim = self._account.options.get("sim", "")
        if sim not in {"", "1", "2", "3"}:
            raise BadSetting(f"TURNET_SMS_URL has sim={sim}; it must be 1, 2 or 3")
        self.number = self.sender = self._account.options.get("answers", "")
        self._sim = int(sim) if sim else None
        self._line = Line(self._account.base, auth=(self._account.user, self._account.password), seconds=seconds)

    @property
    def receives(self) -> bool:
        """It always could: but nobody hears what it got until somebody has entered our hook in the app."""
        return bool(self.number or self._account.options.get("signing"))

    async def send(self, parcel: Parcel) -> str | None:
        message: dict[str, Any] = {
            "id": str(parcel.id),
            "phoneNumbers": [parcel.recipient],
            "textMessage": {"text": parcel.content.decode()},
            "withDeliveryReport": True,
        }
        if self._sim:
            message["simNumber"] = self._sim
        if parcel.until:
            message["ttl"] = int(max(parcel.until - parcel.at, LEAST_LIFE).total_seconds())
        answer = await self._call("POST", "/messages", message)
        if answer.status == _TAKEN:
            return str(parcel.id)
        if answer.accepted and isinstance(answer.content.get("id"), str):
            return str(answer.content["id"])[:200]
        raise _trouble(answer)

    async def _call(self, method: str, path: str, message: object = None) -> Answer:
        try:
            return await self._line.call(method, path, json=message)
        except Silent as silence:
            raise Unreachable(str(silence)) from silence

    async def close(self) -> None:
        await self._line.close()

    def reports(self, call: Call) -> list[Report]:
        event, payload = self._event(call)
        state = _EVENTS.get(event)
        if state is None:
            return []
        message = payload.get("messageId", "")
        if not message or not isinstance(message, str):
            raise ValueError("the event names no message")
        return [Report(message, state, _reason(payload.get("reason")) if state == "failed" else "")]

    def incoming(self, call: Call) -> list[Incoming]:
        event, payload = self._event(call)
        return [_incoming(payload)] if event == _RECEIVED else []

    def _event(self, call: Call) -> tuple[str, dict[str, Any]]:
        if key := self._account.options.get("signing"):
            _check(call, key)
        said = json_object(call.body)
        event, payload = str(said.get("event", "")), said.get("payload")
        if ":" not in event or not isinstance(payload, dict):
            raise ValueError("not an event of SMS Gateway for Android")
        return event, payload

    async def ask(self, ids: Sequence[str], *, real: datetime) -> list[Report]:  # noqa: ARG002  (the contract's)
        found = [await self._state(one) for one in ids]
        return [report for report in found if report]

    async def _state(self, message: str) -> Report | None:
        answer = await self._call("GET", f"/messages/{quote(message, safe='')}")
        if answer.status == 404:
            return None
        if not answer.accepted:
            raise _trouble(answer)
        state = _STATES.get(str(answer.content.get("state")))
        people = answer.content.get("recipients")
        first = people[0] if isinstance(people, list) and people and isinstance(people[0], dict) else {}
        return Report(message, state, _reason(first.get("error")) if state == "failed" else "") if state else None


def _trouble(answer: Answer) -> Exception:
    """What is not clear may be tried again under the same id."""
    if answer.accepted:
        return Deferred(f"android answered {answer.status} with something else than a message")
    said = trouble("android", answer)
    return Deferred(str(said)) if isinstance(said, Unsure) else said


def _incoming(payload: dict[str, Any]) -> Incoming:
    """Their id is made from the text and comes again with it, so sender and time belong to it."""
    sender, text = payload.get("sender") or payload.get("phoneNumber"), payload.get("message")
    if not (sender and isinstance(sender, str) and isinstance(text, str)):
        raise ValueError("the event names nobody, or holds no text")
    at = str(payload.get("receivedAt") or "")
    id = told_apart(str(payload.get("messageId")), sender, at, text)
    return Incoming(id, sender, str(payload.get("recipient") or ""), text, instant(at))


def _check(call: Call, key: str) -> None:
    """A repeated call changes nothing, so its age does not matter. Raises `Forged`."""
    stamp = call.headers.get("x-timestamp", "").encode()
    want = hmac.new(key.encode(), call.body + stamp, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(want.encode(), call.headers.get("x-signature", "").lower().encode()):
        raise Forged


def _reason(said: object) -> str:
    """The code alone: what surrounds it may name the number."""
    found = re.search(r"[A-Z][A-Z]*_[A-Z_]+", said) if isinstance(said, str) else None
    return found.group() if found else "the phone could not send it"
