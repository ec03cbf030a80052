"""What messages say: to whom, in which language, and what they never say."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from html.parser import HTMLParser

import pytest

from tests.unit.messaging.people import (
    LOCATION,
    NOW,
    SERVICE,
    SETTINGS,
    a_clinic,
    a_visit,
    composer,
    fitting,
    the_row,
)  # fmt: skip
from turnet.booking.model import Visit, visit_token
from turnet.clinic.model import Clinic
from turnet.messaging.addresses import leads_nowhere, sender
from turnet.messaging.compose import _readable_on
from turnet.messaging.kinds import KINDS, About, Audience
from turnet.messaging.sms_text import parts
from turnet.settings import Settings

LANGUAGES = ["en", "fi", "he"]
HOSTILE = [
    "O'Brien&<b>x</b>",
    "<script>alert(1)</script>",
    "דנה",
    "Eve\r\nBcc:x@y.example",
    "%(day)s{{7*7}}",
    "\u202eevil\x00",
]
MAILS = [kind for kind in KINDS.values() if "email" in kind.channels]
TEXTS = [kind for kind in KINDS.values() if "sms" in kind.channels]


def composed(kind: str, visit: Visit | None = None, clinic: Clinic | None = None) -> dict[str, str]:
    """Subject, text and HTML of a mail."""
    visit = fitting(kind, visit or a_visit())
    raw = composer().parcel(the_row(kind, visit), [visit], clinic or a_clinic(), now=NOW, was=visit.moved_from).content
    message = message_from_bytes(raw, policy=policy.default)
    parts_ = {
        part.get_content_type(): part.get_content().replace("\r\n", "\n")
        for part in message.walk()
        if part.get_content_maintype() == "text"
    }
    return {"subject": str(message["Subject"]), "text": parts_["text/plain"], "html": parts_["text/html"]}


def sms(kind: str, visit: Visit | None = None, clinic: Clinic | None = None) -> str:
    visit = fitting(kind, visit or a_visit(email=""))
    return (
        composer().parcel(the_row(kind, visit, channel="sms"), [visit], clinic or a_clinic(), now=NOW).content.decode()
    )


class Page(HTMLParser):
    """Reads HTML strictly: tags seen, text between them, and whether every tag was closed."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, dict[str, str | None]] = {}
        self.words = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.setdefault(tag, dict(attrs))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_a_confirmation_says_everything_the_visit_needs() -> None:
    assert composed("booking_confirmed")["text"].splitlines() == [
        "Your time is booked.",
        "",
        "Thursday 3 December at 09:20 (until 09:50, clinic time)",
        "With: Sanna Koivisto",
        "Visit: Check-up",
        "Name: Dana",
        "Where: Keskusta, Hämeenkatu 14 B, Tampere",
        "Reference: K7M2-QX",
        "",
        "Before the visit",
        "Bring a list of your medicines.",
        "",
        "How to get there",
        "By the square; second floor, ring twice.",
        "",
        "Until Wed 2 Dec at 09:20 you can move or cancel the visit yourself. A visit cancelled later costs €40.",
        "",
        f"https://times.tuomi.example/a/{visit_token(b'k' * 32, a_visit().public_id, 1)}",
        "",
        "Telephone: +358 300 00140",
        "Tuomi Dental",
    ]


def test_a_move_says_what_the_time_was_and_is() -> None:
    assert composed("booking_moved")["text"].splitlines()[:3] == [
        "Your visit has a new time. It was Wednesday 2 December at 09:00.",
        "",
        "Thursday 3 December at 09:20 (until 09:50, clinic time)",
    ]


def test_a_cancellation_leads_to_a_new_time_and_not_to_the_old_one() -> None:
    assert composed("booking_cancelled")["text"].splitlines() == [
        "Your visit is cancelled.",
        "",
        "It was Thursday 3 December at 09:20.",
        "Reference: K7M2-QX",
        "",
        "A new time, whenever it suits you:",
        "https://times.tuomi.example/en/book/check-up",
        "",
        "Telephone: +358 300 00140",
        "Tuomi Dental",
    ]


def test_the_desk_reads_reference_time_and_first_name_and_gets_no_link_that_acts() -> None:
    assert composed("desk_booked")["text"].splitlines() == [
        "A visit was booked online.",
        "",
        "Thursday 3 December at 09:20 (until 09:50, clinic time)",
        "With: Sanna Koivisto",
        "Visit: Check-up",
        "Name: Dana",
        "Where: Keskusta, Hämeenkatu 14 B, Tampere",
        "Reference: K7M2-QX",
    ]


@pytest.mark.parametrize("kind", [kind.name for kind in MAILS if kind.audience is not Audience.PATIENT])
def test_mail_to_the_clinic_holds_no_token_no_note_and_no_contact(kind: str) -> None:
    everything = "".join(composed(kind).values())

    assert [word for word in ("/a/", "needles", "Levi", "dana@example.com", "401234567") if word in everything] == []


def test_after_the_last_moment_the_mail_offers_no_change() -> None:
    late = composed("booking_confirmed", a_visit(starts_at=NOW + timedelta(hours=3)))["text"]

    assert "move or cancel" not in late
    assert "See your visit\nhttps://times.tuomi.example/a/" in late


def test_different_last_moments_are_both_said() -> None:
    service = replace(SERVICE, late_fee=0, rules=replace(SERVICE.rules, move_until=60, cancel_until=120))

    text = composed("booking_confirmed", clinic=a_clinic(service=service))["text"]

    assert "You can move the visit yourself until Thu 3 Dec at 08:20, and cancel it until Thu 3 Dec at 07:20.\n" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MAILS, ids=lambda kind: kind.name)
def test_every_mail_is_whole_html_in_its_own_language_and_direction(kind: object, language: str) -> None:
    page = Page(composed(kind.name, a_visit(language=language))["html"])  # type: ignore[attr-defined]

    assert page.attributes["html"] == {"lang": language, "dir": "rtl" if language == "he" else "ltr"}
    assert page.open == []
    assert page.tags.count("h1") == 1
    assert [tag for tag in page.tags if tag in {"script", "img", "link", "form", "iframe"}] == []


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MAILS, ids=lambda kind: kind.name)
def test_a_hostile_name_is_text_and_nothing_else(kind: object, language: str, name: str) -> None:
    visit = a_visit(language=language, patient_name=f"{name} Smith")
    mail = composed(kind.name, visit)  # type: ignore[attr-defined]
    harmless = composed(kind.name, replace(visit, patient_name="Dana Smith"))  # type: ignore[attr-defined]
    shows = visit.first_name if "Dana" in harmless["text"] else ""

    assert Page(mail["html"]).tags == Page(harmless["html"]).tags
    assert shows in Page(mail["html"]).words
    assert mail["text"] == harmless["text"].replace("Dana", visit.first_name)
    assert mail["subject"] == harmless["subject"]


def test_a_name_is_shown_in_text_as_it_was_written() -> None:
    assert "Name: O'Brien&<b>\n" in composed("booking_confirmed", a_visit(patient_name="O'Brien&<b> Smith"))["text"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_subjects_sms_and_file_names_hold_no_treatment(language: str) -> None:
    service = replace(SERVICE, name=dict.fromkeys(LANGUAGES, "Zahnextraktion"))
    visit, clinic = a_visit(language=language), a_clinic(service=service)
    said = [composed(kind.name, visit, clinic)["subject"] for kind in MAILS] + [
        sms(kind.name, visit, clinic) for kind in TEXTS
    ]

    assert [text for text in said if "Zahnextraktion" in text or "Dentist" in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "kind",
    [kind for kind in TEXTS if kind.about not in {About.WORDS, About.ANSWER} and kind.name != "desk_answer"],
    ids=lambda kind: kind.name,
)
def test_an_sms_of_usual_length_fits_one_part_and_in_hebrew_two(kind: object, language: str) -> None:
    clinic = a_clinic(location=replace(LOCATION, address={"en": "Hämeenkatu 14 B", "he": "אבן גבירול 14"}))

    text = sms(kind.name, a_visit(language=language), clinic)  # type: ignore[attr-defined]

    assert parts(text) <= (2 if language == "he" else 1), text
    assert "\n" not in text
    assert kind.about is About.TURN or re.search(r"https://times\.tuomi\.example/\S+$", text)  # type: ignore[attr-defined]


def test_an_sms_confirmation_says_when_where_and_how_to_change() -> None:
    token = visit_token(b"k" * 32, a_visit().public_id, 1)

    assert sms("booking_confirmed") == (
        "Tuomi Dental: your time is Thu 3 Dec 09:20, Hämeenkatu 14 B. "
        f"Move or cancel: https://times.tuomi.example/a/{token}"
    )


def test_an_sms_says_o_brien_without_entities() -> None:
    assert sms("booking_confirmed", clinic=a_clinic(name={"en": "O'Brien & Sons"})).startswith("O'Brien & Sons: ")


def test_a_text_the_clinic_did_not_translate_is_marked_with_its_own_language() -> None:
    html = composed("booking_confirmed", a_visit(language="he"))["html"]

    assert '<bdi lang="en">Sanna Koivisto</bdi>' in html
    assert 'lang="en" dir="ltr">Bring a list of your medicines.</p>' in html
    assert "<bdi>בדיקה</bdi>" in html
    assert '<bdi dir="ltr">+358 300 00140</bdi>' in html


@pytest.mark.parametrize(
    ("brand", "shown"), [("#aa3300", "#aa3300"), ('red"><script>', "#14603c"), ("blue", "#14603c")]
)
def test_only_a_plain_colour_becomes_the_accent(brand: str, shown: str) -> None:
    assert f"border-top:4px solid {shown};" in composed("booking_confirmed", clinic=a_clinic(brand=brand))["html"]


@pytest.mark.parametrize(("accent", "text"), [("#14603c", "#ffffff"), ("#ffd700", "#000000"), ("#000000", "#ffffff")])
def test_the_buttons_text_stands_out_from_the_accent(accent: str, text: str) -> None:
    assert _readable_on(accent) == text


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        (SETTINGS, "appointments@tuomi.example"),
        (Settings(base_url="https://times.tuomi.example"), "appointments@times.tuomi.example"),
        (Settings(), "appointments@localhost"),
    ],
)
def test_mail_comes_from_the_clinics_own_address(settings: Settings, address: str) -> None:
    assert sender(settings) == address


@pytest.mark.parametrize(
    ("settings", "nowhere"),
    [
        (SETTINGS, False),
        (Settings(), True),
        (Settings(demo=True), False),
        (Settings(base_url="http://localhost:8000"), True),
        (Settings(base_url="http://[::1]:8000"), True),
        (Settings(base_url="http://192.168.1.7:8000"), False),
    ],
)
def test_links_on_loopback_lead_patients_nowhere(settings: Settings, nowhere: bool) -> None:
    assert leads_nowhere(settings) is nowhere


def test_the_winter_time_visit_of_a_night_that_has_two_is_said_in_clinic_time() -> None:
    second = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)  # 03:30 for the second time

    assert "Sunday 31 October at 03:30" in composed("booking_confirmed", a_visit(starts_at=second))["text"]
