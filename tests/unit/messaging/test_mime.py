"""The mail as a real SMTP server gets it: the tree that calendar clients need, in bytes no relay encodes again."""

import base64
import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

import pytest

from tests.unit.messaging.people import NOW, a_clinic, a_visit, composer, fitting, the_row
from tests.unit.messaging.servers import a_mail_server
from turnet.booking.model import Visit
from turnet.clinic.model import Clinic
from turnet.messaging.channels.smtp import Smtp

PATIENT = ["booking_confirmed", "booking_moved", "booking_cancelled"]


def mail(kind: str, visit: Visit | None = None, clinic: Clinic | None = None) -> bytes:
    visit = fitting(kind, visit or a_visit())
    return composer().parcel(the_row(kind, visit), (visit,) if visit else (), clinic or a_clinic(), now=NOW).content


async def received(content: bytes) -> bytes:
    parcel = replace(composer().parcel(the_row("test_mail", None), (), a_clinic(), now=NOW), content=content)
    async with a_mail_server() as inbox:
        channel = Smtp(inbox.url, own_name="tuomi.example")
        await channel.send(parcel)
        await channel.close()
    return inbox.mails[0]


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def tree(part: Message) -> object:
    inner = part.get_payload()
    if part.is_multipart() and isinstance(inner, list):
        return {part.get_content_type(): [tree(one) for one in inner if isinstance(one, Message)]}
    return part.get_content_type()


@pytest.mark.parametrize(("kind", "method"), [*[(kind, "REQUEST") for kind in PATIENT[:2]], (PATIENT[2], "CANCEL")])
async def test_the_parts_stand_in_the_order_that_calendar_clients_look_for(kind: str, method: str) -> None:
    message = read(await received(mail(kind)))
    plain, html, event, attached = [part for part in message.walk() if not part.is_multipart()]

    assert tree(message) == {
        "multipart/mixed": [{"multipart/alternative": ["text/plain", "text/html", "text/calendar"]}, "application/ics"]
    }
    assert [part["Content-Transfer-Encoding"] for part in (plain, html, event, attached)] == [
        "quoted-printable", "quoted-printable", "base64", "base64",
    ]  # fmt: skip
    assert (event.get_param("method"), event["Content-Disposition"]) == (method, None)
    assert f"METHOD:{method}\r\n".encode() in event.get_payload(decode=True)
    assert attached["Content-Disposition"] == 'attachment; filename="invite.ics"'


@pytest.mark.parametrize("language", ["en", "fi", "he"])
@pytest.mark.parametrize("kind", [*PATIENT, "reminder", "visit_links", "incident"])
async def test_what_arrives_is_seven_bit_in_short_lines(kind: str, language: str) -> None:
    raw = await received(mail(kind, a_visit(language=language, patient_name="דנה לוי־כהן")))

    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78


async def test_both_copies_of_the_calendar_are_the_same_bytes() -> None:
    raw = await received(mail("booking_confirmed"))

    copies = re.findall(rb"base64\r\n(?:Content-Disposition[^\r]+\r\n)?\r\n([A-Za-z0-9+/=\r\n]+?)\r\n--", raw)

    assert len(copies) == 2
    assert base64.b64decode(copies[0]) == base64.b64decode(copies[1])
    assert base64.b64decode(copies[0]).startswith(b"BEGIN:VCALENDAR\r\n")


def test_headers_say_who_writes_in_which_language_and_that_a_machine_does() -> None:
    message = read(mail("booking_confirmed", a_visit(language="he")))

    assert {
        name: message[name] for name in ("From", "To", "Reply-To", "Auto-Submitted", "Content-Language", "Date")
    } == {
        "From": "מרפאת תומי <appointments@tuomi.example>",
        "To": "dana@example.com",
        "Reply-To": "keskusta@tuomi.example",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "he",
        "Date": "Tue, 01 Dec 2026 08:42:00 +0000",
    }
    assert "Subject" in message


def test_mails_about_one_visit_are_one_thread() -> None:
    first = read(mail("booking_confirmed"))
    later = read(mail("booking_moved", a_visit(sequence=2)))

    assert (first["Message-ID"], first["References"]) == ("<appt-7f3c2e7f3c2e7f3c2e7f3c.0@tuomi.example>", None)
    assert later["Message-ID"] == "<appt-7f3c2e7f3c2e7f3c2e7f3c.2@tuomi.example>"
    assert [later["In-Reply-To"], later["References"]] == [first["Message-ID"]] * 2


def test_a_second_try_is_the_same_mail() -> None:
    assert mail("booking_confirmed") == mail("booking_confirmed")


def test_the_organizer_is_who_the_mail_comes_from_and_the_attendee_whom_it_goes_to() -> None:
    message = read(mail("booking_confirmed"))
    event = next(part for part in message.walk() if part.get_content_type() == "text/calendar").get_content()
    unfolded = event.replace("\r\n ", "").replace("\n ", "")

    assert 'ORGANIZER;CN="Tuomi Dental":mailto:appointments@tuomi.example' in unfolded
    assert "PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT;RSVP=FALSE:mailto:dana@example.com" in unfolded


@pytest.mark.parametrize(
    "kind", ["desk_booked", "desk_moved", "desk_cancelled", "incident", "incident_over", "test_mail"]
)
def test_mail_to_the_clinic_itself_carries_no_invitation(kind: str) -> None:
    assert tree(read(mail(kind))) == {"multipart/alternative": ["text/plain", "text/html"]}


def test_a_clinic_name_with_line_breaks_adds_no_header() -> None:
    message = read(mail("booking_confirmed", clinic=a_clinic(name={"en": "Tuomi\r\nBcc: x@y.example"})))

    assert (message["Bcc"], message["From"]) == (None, '"Tuomi Bcc: x@y.example" <appointments@tuomi.example>')


def test_a_long_subject_in_hebrew_is_folded_and_read_back_whole() -> None:
    name = "מרפאת השיניים של תומי ובניו ברחוב הראשי של העיר טמפרה " * 3
    raw = mail("booking_confirmed", clinic=a_clinic(name={"en": name}))

    assert max(len(line) for line in raw.split(b"\r\n")) <= 78
    assert str(read(raw)["Subject"]).startswith(name.strip())


@pytest.mark.parametrize("kind", ["feedback", "service_offer"])
async def test_mail_that_is_no_part_of_a_visit_is_ended_with_one_click(kind: str) -> None:
    """RFC 8058 §3.1: both headers, and the address takes a POST without a question."""
    message = read(await received(mail(kind)))

    assert re.fullmatch(r"<https://times\.tuomi\.example/u/[a-z2-7]{39}>", str(message["List-Unsubscribe"]).strip())
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("kind", ["booking_confirmed", "reminder"])
async def test_control_mail_of_a_visit_has_no_such_header(kind: str) -> None:
    """A click must not stop what somebody waits for without saying so: reminders link to a page that says it."""
    content = await received(mail(kind))

    assert read(content)["List-Unsubscribe"] is None
    assert (b"/u/" in content) == (kind == "reminder")
