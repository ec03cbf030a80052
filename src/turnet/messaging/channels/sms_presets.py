"""What differs between gateway companies. `docs/sms.md` says how to add one.

Their explanations may repeat the number or the text, so only codes are taken from them.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import phonenumbers

from turnet.messaging.channels import Call, Deferred, Forged, Refused, Report, Unreachable
from turnet.messaging.channels import sms_incoming as incoming
from turnet.messaging.channels.account import Account
from turnet.messaging.channels.http import json_object
from turnet.messaging.channels.sms_http import Json, Outgoing, Preset
from turnet.messaging.channels.sms_incoming import form

Body = dict[str, Any]


def _code(found: object) -> int:
    """A code of theirs, written as a number or as text; never long enough to be a telephone number."""
    if not re.fullmatch(r"-?[0-9]{1,6}", str(found)):
        raise ValueError("no code")
    return int(str(found))


def _number(field: str) -> Callable[[Json], object]:
    """Reads a numeric error code; None where there is none."""

    def code(answer: Json) -> object:
        try:
            return _code(answer.get(field))
        except ValueError:
            return None

    return code


def _ours(call: Call) -> str:
    """The id that we wrote into the address of this message's reports."""
    return dict(parse_qsl(call.query)).get("id", "")


# --- Twilio

_TWILIO_STATES = {
    "sent": "sent", "delivered": "delivered", "read": "delivered", "undelivered": "failed", "failed": "failed",
    "canceled": "failed",
}  # fmt: skip
_TWILIO_LIFE = 36_000
"""The longest that it takes, in seconds."""


def _twilio_request(out: Outgoing) -> Body:
    service = out.sender.startswith("MG")
    body: Body = {"To": out.to, "MessagingServiceSid" if service else "From": out.sender, "Body": out.text}
    if out.hook:
        body["StatusCallback"] = out.hook
    if 0 < out.life < _TWILIO_LIFE:
        body["ValidityPeriod"] = out.life
    return body


def _twilio_taken(answer: Json) -> str:
    if answer["status"] in {"failed", "undelivered"}:
        raise Refused(f"twilio answered {answer['status']}, code {_number('error_code')(answer)}")
    return str(answer["sid"])


def _twilio_reports(call: Call) -> list[Report]:
    said = form(call)
    state = _TWILIO_STATES.get(said["MessageStatus"])
    code = _number("ErrorCode")(said)
    error = f"twilio {code or 'without a code'}" if state == "failed" else ""
    return [Report(_ours(call) or said["MessageSid"], state, error)] if state else []


def _twilio_verify(call: Call, account: Account, hook: str) -> None:
    """Their signature covers the address they called and every field, sorted and strung together."""
    address = f"{hook}?{call.query}" if call.query else hook
    try:
        fields = sorted(set(parse_qsl(call.body.decode(), keep_blank_values=True, max_num_fields=100)))
    except ValueError as error:
        raise Forged from error
    signed = address + "".join(name + value for name, value in fields)
    want = base64.b64encode(hmac.digest(account.password.encode(), signed.encode(), hashlib.sha1))
    if not hmac.compare_digest(want, call.headers.get("x-twilio-signature", "").encode()):
        raise Forged


# --- 46elks


def _elks_request(out: Outgoing) -> Body:
    body: Body = {"from": out.sender, "to": out.to, "message": out.text}
    return body | {"whendelivered": out.hook} if out.hook else body


def _elks_taken(answer: Json) -> str:
    if answer["status"] == "failed":
        raise Refused("46elks answered failed")
    return str(answer["id"])


def _elks_reports(call: Call) -> list[Report]:
    said = form(call)
    state = said["status"] if said["status"] in {"sent", "delivered", "failed"} else ""
    error = "46elks could not deliver it" if state == "failed" else ""
    return [Report(_ours(call) or said["id"], state, error)] if state else []


# --- 019 (also TextMe and SMSLeads: the same interface on another host)

_ISRAEL = 972
_019_LOGIN = {3: "wrong user name or token", 10: "the token has expired", 11: "the token is another user's"}
_019_MONEY = {4: "no credit left", 12: "no money left"}
_019_LATER = {5, 6}
_019_DELIVERED = {0, 102}
_019_ON_ITS_WAY = {-1}
_019_FAILED = {1, 3, 4, 5, 6, 7, 14, 15, 16, 17, 18, 103, 104, 105, 108, 201, 998, *range(109, 133)}
"""Everything else may still change."""


def _019_request(out: Outgoing) -> Body:
    number = phonenumbers.parse(out.to)
    if number.country_code != _ISRAEL:
        raise Refused("019 takes Israeli numbers only")
    phone = {"$": {"id": out.id}, "_": f"0{phonenumbers.national_significant_number(number)}"}
    sms = {"source": out.sender.removeprefix("+"), "destinations": {"phone": [phone]}, "message": out.text}
    return {"sms": {"user": {"username": out.account.user}, **sms}}


def _019_taken(answer: Json) -> str:
    status = _code(answer["status"])
    if status in _019_LOGIN | _019_MONEY:
        raise Unreachable(f"019 answered {status}: {(_019_LOGIN | _019_MONEY)[status]}")
    if status in _019_LATER:
        raise Deferred(f"019 answered {status}")
    if status != 0:
        raise Refused(f"019 answered {status}")
    return str(answer.get("shipment_id") or "")


def _019_question(account: Account, ids: Sequence[str], real: datetime) -> Body:
    """A window of at most a week, wide enough not to care which zone it is read in."""
    since, until = real - timedelta(days=3), real + timedelta(days=1)
    window = {"from": since.strftime("%d/%m/%y %H:%M"), "to": until.strftime("%d/%m/%y %H:%M")}
    return {"dlr": {"user": {"username": account.user}, "transactions": {"external_id": list(ids)}, **window}}


def _019_answered(answer: Json) -> list[Report]:
    return [report for found in _transactions(answer) if (report := _019_report(found))]


def _transactions(found: Any) -> list[Body]:
    """Every object with an id and a status, however deep: XML turned to JSON nests one differently from several."""
    if isinstance(found, list):
        return [inner for one in found for inner in _transactions(one)]
    if not isinstance(found, dict):
        return []
    if "external_id" in found and "status" in found:
        return [found]
    return [inner for one in found.values() for inner in _transactions(one)]


def _019_report(found: Body) -> Report | None:
    ours, status = str(found["external_id"]), _number("status")(found)
    if status in _019_DELIVERED:
        return Report(ours, "delivered")
    if status in _019_FAILED:
        return Report(ours, "failed", f"019 {status}")
    return Report(ours, "sent") if status in _019_ON_ITS_WAY else None


def _no_reports(_call: Call) -> list[Report]:
    raise ValueError("this gateway is asked what became of messages")


# --- LINK Mobility

_LINK_QUEUED = 1005
_LINK_DELIVERED = {1001, 1007}
_LINK_ON_ITS_WAY = {1000, 1011, 1013}
_LINK_UNDECIDED = {1005, 1008, 1012}


def _link_request(out: Outgoing) -> Body:
    number = re.fullmatch(r"\+?[0-9]+", out.sender)
    options = out.account.options
    body: Body = {
        "source": out.sender,
        "sourceTON": "MSISDN" if number else "ALPHANUMERIC",
        "destination": out.to,
        "userData": "".join(character for character in out.text if character <= "\uffff"),  # they refuse the others
        "platformId": options["platform"],
        "platformPartnerId": options["partner"],
        "refId": out.id,
        "useDeliveryReport": "gate" in options,
    }
    if "gate" in options:
        body["deliveryReportGates"] = [options["gate"]]
    if out.life:
        body["relativeValidityTime"] = out.life * 1000
    return body


def _link_taken(answer: Json) -> str:
    code = _code(answer["resultCode"])
    if code not in {_LINK_QUEUED} | _LINK_ON_ITS_WAY | _LINK_DELIVERED:
        raise Refused(f"link answered {code}")
    return str(answer["messageId"])


def _link_reports(call: Call) -> list[Report]:
    said = json_object(call.body)
    code, ours = _code(said["resultCode"]), said["refId"]
    if not isinstance(ours, str):
        raise TypeError("no reference")
    if code in _LINK_UNDECIDED:
        return []
    if code in _LINK_DELIVERED | _LINK_ON_ITS_WAY:
        return [Report(ours, "delivered" if code in _LINK_DELIVERED else "sent")]
    return [Report(ours, "failed", f"link {code}")]


# --- Infobip

_INFOBIP_STATES = {"DELIVERED": "delivered", "UNDELIVERABLE": "failed", "EXPIRED": "failed", "REJECTED": "failed"}


def _infobip_request(out: Outgoing) -> Body:
    message: Body = {
        "sender": out.sender.removeprefix("+"),
        "destinations": [{"to": out.to.removeprefix("+"), "messageId": out.id}],
        "content": {"text": out.text},
    }
    if out.hook:
        message["webhooks"] = {"delivery": {"url": out.hook}, "contentType": "application/json", "callbackData": out.id}
    if out.life:
        message["options"] = {"validityPeriod": {"amount": max(out.life // 60, 1), "timeUnit": "MINUTES"}}
    return {"messages": [message]}


def _infobip_taken(answer: Json) -> str:
    [message] = answer["messages"]
    status = message["status"]
    if _INFOBIP_STATES.get(status["groupName"]) == "failed":
        raise Refused(f"infobip answered {_word(status)}")
    return str(message["messageId"])


def _infobip_code(answer: Json) -> object:
    code = answer.get("errorCode")
    request = answer.get("requestError")
    if isinstance(request, dict) and isinstance(request.get("serviceException"), dict):
        code = request["serviceException"].get("messageId")
    return code if isinstance(code, str) and re.fullmatch(r"[A-Z0-9_]{1,40}", code) else None


def _infobip_reports(call: Call) -> list[Report]:
    results = json_object(call.body)["results"]
    return [report for result in results if (report := _infobip_report(result))]


def _infobip_report(result: Body) -> Report | None:
    state = _INFOBIP_STATES.get(result["status"]["groupName"])
    error = f"infobip {_word(result['status'])}" if state == "failed" else ""
    return Report(str(result["messageId"]), state, error) if state else None


def _word(status: Json) -> str:
    name = str(status.get("name"))
    return name if re.fullmatch(r"[A-Z_]{1,60}", name) else "without a reason"


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "twilio",
            host="api.twilio.com",
            path="/2010-04-01/Accounts/{user}/Messages.json",
            auth="basic",
            request=_twilio_request,
            form=True,
            taken=_twilio_taken,
            code=_number("code"),
            reports=_twilio_reports,
            incoming=incoming.twilio,
            refused={21610: "opted out at the provider: they must text START to be reached again"},
            verify=_twilio_verify,
            sender=re.compile(r"MG[0-9a-f]{32}|\+?[0-9]{3,15}|[A-Za-z0-9][A-Za-z0-9 .&_-]{1,10}"),
        ),
        Preset(
            "46elks",
            host="api.46elks.com",
            path="/a1/sms",
            auth="basic",
            request=_elks_request,
            form=True,
            taken=_elks_taken,
            code=lambda _answer: None,  # it explains in a sentence
            reports=_elks_reports,
            incoming=incoming.elks,
        ),
        Preset(
            "019",
            host="019sms.co.il",
            path="/api",
            auth="Bearer",
            request=_019_request,
            form=False,
            taken=_019_taken,
            code=_number("status"),
            reports=_no_reports,
            incoming=incoming.israeli,
            question=_019_question,
            answered=_019_answered,
            sender=re.compile(r"\+?[0-9]{3,15}|[A-Za-z][A-Za-z0-9]{1,10}"),
        ),
        Preset(
            "link",
            host="",
            path="/sms/send",
            auth="basic",
            request=_link_request,
            form=False,
            taken=_link_taken,
            code=_number("status"),
            reports=_link_reports,
            incoming=incoming.link,
            sender=re.compile(r"\+?[0-9]{7,15}|[A-Za-z0-9][A-Za-z0-9 .&_-]{1,10}"),
            options=("gate",),
            needed=("platform", "partner"),
        ),
        Preset(
            "infobip",
            host="",
            path="/sms/3/messages",
            auth="App",
            request=_infobip_request,
            form=False,
            taken=_infobip_taken,
            code=_infobip_code,
            reports=_infobip_reports,
            incoming=incoming.infobip,
        ),
    )
}
