"""SMS that people write, as each gateway company brings them to our hook.

Each function raises `ValueError`, `LookupError` or `TypeError` for what it cannot read, and finds none in a report.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from turnet.messaging.channels import Call, Incoming, told_apart
from turnet.messaging.channels.http import json_object

_ISRAEL = ZoneInfo("Asia/Jerusalem")


def form(call: Call) -> dict[str, str]:
    """Raises `ValueError`."""
    return dict(parse_qsl(call.body.decode(), keep_blank_values=True, max_num_fields=100))


def instant(said: object) -> datetime | None:
    """An ISO time, in UTC where it names no zone; None for whatever is none."""
    try:
        found = datetime.fromisoformat(str(said))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # the first and the last hours that there are have no other zone
        return None


def twilio(call: Call) -> list[Incoming]:
    said = form(call)
    if "MessageStatus" in said or "Body" not in said:
        return []
    return [Incoming(said["MessageSid"], said["From"], said["To"], said["Body"])]


def elks(call: Call) -> list[Incoming]:
    said = form(call)
    if said.get("direction") != "incoming":
        return []
    return [Incoming(said["id"], said["from"], said["to"], said["message"], instant(said.get("created")))]


def israeli(call: Call) -> list[Incoming]:
    """They give it no id, and the hour on Israeli clocks; the hour that exists twice may be read as the other one."""
    said = form(call)
    sender, to, text, date = said["from"], said.get("to", ""), said["message"], said.get("date", "")
    return [Incoming(told_apart(sender, to, date, text), sender, to, text, _in_israel(date))]


def _in_israel(date: str) -> datetime | None:
    try:
        return datetime.strptime(date, "%d/%m/%y %H:%M:%S").replace(tzinfo=_ISRAEL).astimezone(UTC)
    except ValueError:
        return None


def link(call: Call) -> list[Incoming]:
    said = json_object(call.body)
    if "userData" not in said:
        return []
    sender, text = _text(said["source"]), _text(said["userData"])
    return [Incoming(_text(said["id"]), sender, _text(said["destination"]), text, instant(said.get("timestamp")))]


def infobip(call: Call) -> list[Incoming]:
    """One call may bring several."""
    return [_from_infobip(result) for result in json_object(call.body)["results"] if "status" not in result]


def _from_infobip(result: dict[str, Any]) -> Incoming:
    id, sender, to, text = (_text(result[name]) for name in ("messageId", "from", "to", "text"))
    return Incoming(id, _plus(sender), _plus(to), text, instant(result.get("receivedAt")))


def _plus(number: str) -> str:
    """They leave it out before whole international numbers, and write names and short numbers as they are."""
    return f"+{number}" if number.isdecimal() and len(number) > 7 else number


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError("not a text")
    return found
