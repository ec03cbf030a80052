"""Puts a mail together, byte for byte as calendar clients want it: see `docs/messages.md`.

The parts are encoded here, to pure ASCII in short lines, so no relay has a reason to encode them again.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.utils import format_datetime, formataddr

from turnet.messaging.calendar import one_line

_POLICY = policy.compat32.clone(linesep="\r\n")
_NEWLINE = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Letter:
    sender: str
    sender_name: str
    recipient: str
    reply_to: str
    subject: str
    message_id: str
    """`<…@…>`: the same for every try."""
    thread: str
    """Message-ID of the first mail about the same visit."""
    date: datetime
    language: str
    text: str
    html: str
    calendar: bytes = b""
    method: str = ""
    """The calendar's METHOD; empty without one."""
    unsubscribe: str = ""
    """Where one POST ends such mail (RFC 8058); empty for mail that belongs to a visit."""


def whole(letter: Letter) -> bytes:
    """The mail as it travels, lines ended by CRLF."""
    alternative = _multipart("alternative", letter.message_id)
    alternative.attach(_part("text/plain; charset=utf-8", "quoted-printable", _quoted(letter.text)))
    alternative.attach(_part("text/html; charset=utf-8", "quoted-printable", _quoted(letter.html)))
    mail: Message = alternative
    if letter.method:
        encoded = base64.encodebytes(letter.calendar).decode()
        kind = f"text/calendar; charset=utf-8; method={letter.method}"
        alternative.attach(_part(kind, "base64", encoded))
        attached = _part('application/ics; name="invite.ics"', "base64", encoded)
        attached["Content-Disposition"] = 'attachment; filename="invite.ics"'
        mail = _multipart("mixed", letter.message_id, [alternative, attached])
    for name, value in _headers(letter).items():
        mail[name] = value
    return mail.as_bytes()


def _headers(letter: Letter) -> dict[str, str]:
    headers = {
        "From": _from(one_line(letter.sender_name), letter.sender),
        "To": letter.recipient,
        "Reply-To": letter.reply_to,
        "Subject": _words(one_line(letter.subject), "Subject"),
        "Date": format_datetime(letter.date),
        "Message-ID": letter.message_id,
        "In-Reply-To": letter.thread,
        "References": letter.thread,
        "List-Unsubscribe": f"<{letter.unsubscribe}>" if letter.unsubscribe else "",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" if letter.unsubscribe else "",
        "Auto-Submitted": "auto-generated",
        "Content-Language": letter.language,
    }
    if letter.thread in {"", letter.message_id}:
        del headers["In-Reply-To"], headers["References"]
    return {name: value for name, value in headers.items() if value}


def _from(name: str, address: str) -> str:
    return formataddr((name, address)) if name.isascii() else f"{_words(name, 'From')} <{address}>"


def _words(text: str, header: str) -> str:
    """Encoded and folded so that no line is longer than 76."""
    return Header(text, header_name=header).encode(maxlinelen=76)


def _multipart(subtype: str, message_id: str, parts: list[Message] | None = None) -> MIMEMultipart:
    """`=_` cannot stand in quoted-printable or base64, so no part can contain the boundary."""
    boundary = f"=_{subtype}_{binascii.crc32(message_id.encode()):08x}"
    return MIMEMultipart(subtype, boundary, parts, policy=_POLICY)


def _part(kind: str, encoding: str, payload: str) -> Message:
    part: Message = Message(_POLICY)
    part["Content-Type"] = kind
    part["Content-Transfer-Encoding"] = encoding
    part.set_payload(payload)
    return part


def _quoted(text: str) -> str:
    return binascii.b2a_qp(_NEWLINE.sub("\r\n", text).encode(), istext=True).decode()
