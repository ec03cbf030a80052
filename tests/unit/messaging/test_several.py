"""Messages that speak of several visits, of a day as it is from where one stands, or of the server itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest

from tests.unit.messaging.people import (
    LOCATION,
    NOW,
    SERVICE,
    TROUBLE,
    a_clinic,
    a_visit,
    composer,
    the_row,
)  # fmt: skip
from turnet.booking.model import Visit, visit_token
from turnet.clinic.model import Clinic
from turnet.messaging import choices

DAY_BEFORE = NOW + timedelta(days=1)
"""Wednesday 2 December, 10:42: the visit of Thursday 09:20 is tomorrow, and past its last moment for changes."""

DANA = a_visit()
EERO = a_visit(id=8, public_id="8" * 22, patient_name="Eero Levi", starts_at=DANA.starts_at + timedelta(minutes=40))
NEXT_WEEK = a_visit(id=9, public_id="9" * 22, starts_at=DANA.starts_at + timedelta(days=7))
BOTH = (DANA, EERO)
SOMEBODY = (
    "Somebody asked for this with your address. If it was not you, nothing has changed, and there is nothing you need "
    "to do."
)


def link(visit: Visit) -> str:
    return f"https://times.tuomi.example/a/{visit_token(b'k' * 32, visit.public_id, 1)}"


def sms(
    kind: str, visits: Sequence[Visit], *, now: datetime = NOW, clinic: Clinic | None = None, language: str = "en"
) -> str:
    row = the_row(kind, visits[0], channel="sms", language=language)
    return composer().parcel(row, visits, clinic or a_clinic(), now=now).content.decode()


def mail(
    kind: str,
    visits: Sequence[Visit],
    *,
    now: datetime = NOW,
    clinic: Clinic | None = None,
    language: str = "en",
    **row: Any,
) -> EmailMessage:
    claimed = replace(the_row(kind, visits[0] if visits else None, language=language), **row)
    raw = composer().parcel(claimed, visits, clinic or a_clinic(), now=now).content
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text(message: EmailMessage) -> list[str]:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).splitlines()


def html(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    assert body is not None
    return str(body.get_content())


# --- the day, from where one stands


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (datetime(2026, 12, 1, 21, 59, tzinfo=UTC), "Thu 3 Dec"),
        (datetime(2026, 12, 1, 22, 0, tzinfo=UTC), "tomorrow, Thu 3 Dec"),  # midnight in Helsinki
        (datetime(2026, 12, 2, 21, 59, tzinfo=UTC), "tomorrow, Thu 3 Dec"),
        (datetime(2026, 12, 2, 22, 0, tzinfo=UTC), "today, Thu 3 Dec"),
    ],
)
def test_a_mail_says_tomorrow_only_while_it_is_tomorrow_in_the_clinic(now: datetime, said: str) -> None:
    assert text(mail("reminder", [DANA], now=now))[0] == f"Your time is {said} at 09:20."


@pytest.mark.parametrize("now", [NOW, DAY_BEFORE, datetime(2026, 12, 3, 5, tzinfo=UTC)])
def test_an_sms_names_the_date_because_a_telephone_that_was_off_shows_it_a_day_later(now: datetime) -> None:
    assert sms("reminder", [DANA], now=now).startswith("Tuomi Dental: a reminder, your time is Thu 3 Dec 09:20. ")


@pytest.mark.parametrize(
    ("language", "friday", "eve"),
    [
        ("en", "Thu 3 Dec at 09:20", "tomorrow, Thu 3 Dec at 09:20"),
        ("fi", "to 3.12. klo 9.20", "huomenna to 3.12. klo 9.20"),
        ("he", "ביום ה׳, 3.12 בשעה 09:20", "מחר, יום ה׳, 3.12 בשעה 09:20"),
    ],
)
def test_its_subject_says_the_date_as_well(language: str, friday: str, eve: str) -> None:
    for now, said in ((NOW, friday), (DAY_BEFORE, eve)):
        assert str(mail("reminder", [DANA], now=now, language=language)["Subject"]).endswith(said)


# --- a reminder of one visit


def test_a_reminder_by_mail_says_everything_the_visit_needs() -> None:
    assert text(mail("reminder", [DANA])) == [
        "Your time is Thu 3 Dec at 09:20.",
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
        link(DANA),
        "",
        "Telephone: +358 300 00140",
        f"What we send you: {choices.link(composer().settings, composer().key, UUID(int=5))}",
        "",
        "Tuomi Dental",
    ]


def test_while_the_visit_can_be_changed_the_sms_leads_there() -> None:
    assert sms("reminder", [DANA]) == (
        f"Tuomi Dental: a reminder, your time is Thu 3 Dec 09:20. Move or cancel: {link(DANA)}"
    )


def test_later_it_promises_nothing_and_gives_the_telephone_number() -> None:
    assert sms("reminder", [DANA], now=DAY_BEFORE) == (
        f"Tuomi Dental: a reminder, your time is Thu 3 Dec 09:20. If you cannot come, call 0300 00140. {link(DANA)}"
    )


def test_a_clinic_without_a_telephone_has_the_visit_looked_at() -> None:
    clinic = a_clinic(location=replace(LOCATION, phone=""), phone="")

    assert sms("reminder", [DANA], now=DAY_BEFORE, clinic=clinic) == (
        f"Tuomi Dental: a reminder, your time is Thu 3 Dec 09:20. See your visit: {link(DANA)}"
    )
    assert "call us" not in "\n".join(text(mail("reminder", [DANA], now=DAY_BEFORE, clinic=clinic)))


def test_a_number_in_a_line_of_hebrew_is_one_run_that_keeps_its_order() -> None:
    clinic = a_clinic(location=replace(LOCATION, phone="+358401234567"))

    assert " 040-1234567 https://" in sms("reminder", [DANA], now=DAY_BEFORE, clinic=clinic, language="he")
    assert "call 040 1234567. " in sms("reminder", [DANA], now=DAY_BEFORE, clinic=clinic)


@pytest.mark.parametrize("kind", ["booking_confirmed", "booking_moved"])
def test_a_confirmation_past_the_last_moment_promises_no_change_either(kind: str) -> None:
    late = a_visit(starts_at=NOW + timedelta(hours=3), email="")

    assert sms(kind, [late]).endswith(f". See your visit: {link(late)}")


# --- several visits


def test_one_sms_names_everybody_with_their_own_link() -> None:
    assert sms("reminder", BOTH, now=DAY_BEFORE) == (
        f"Tuomi Dental: Thu 3 Dec Dana 09:20 {link(DANA)}, Eero 10:00 {link(EERO)}"
    )


def test_two_visits_of_one_person_need_no_name() -> None:
    later = replace(EERO, patient_name="Dana Levi")

    assert sms("reminder", (DANA, later), now=DAY_BEFORE) == (
        f"Tuomi Dental: Thu 3 Dec 09:20 {link(DANA)}, 10:00 {link(later)}"
    )


def test_a_name_without_end_is_cut_short_in_an_sms() -> None:
    endless = replace(EERO, patient_name=f"{'Maximilian' * 11} Levi")

    assert f", {'Maximilian' * 2} 10:00 " in sms("reminder", (DANA, endless), now=DAY_BEFORE)


def test_one_mail_lists_every_visit_and_tells_the_way_once() -> None:
    message = mail("reminder", BOTH, now=DAY_BEFORE)
    lines = text(message)

    assert str(message["Subject"]) == "Tuomi Dental: your visits are tomorrow, Thu 3 Dec"
    assert lines[0] == "Your visits are tomorrow, Thu 3 Dec"
    assert [line for line in lines if line.startswith(("Name: ", "https://"))] == [
        "Name: Dana", link(DANA), "Name: Eero", link(EERO),
    ]  # fmt: skip
    assert lines.count("How to get there") == 1
    assert html(message).count("How to get there") == 1
    assert lines.count("Before the visit") == 2


def test_visits_in_two_places_tell_both_ways() -> None:
    hervanta = replace(LOCATION, id=2, slug="hervanta", name={"en": "Hervanta"}, directions={"en": "At street level."})
    known = a_clinic()
    clinic = replace(
        known, locations=known.locations | {"hervanta": hervanta}, _by_id=known._by_id | {("location", 2): hervanta}
    )

    lines = text(mail("reminder", (DANA, replace(EERO, location=2)), clinic=clinic))

    assert [lines[n + 1] for n, line in enumerate(lines) if line == "How to get there"] == [
        "By the square; second floor, ring twice.", "At street level.",
    ]  # fmt: skip


def test_links_are_sent_with_day_and_time_and_nothing_that_need_not_be_known() -> None:
    assert sms("visit_links", [DANA]) == f"Tuomi Dental: your visit on Thu 3 Dec 09:20: {link(DANA)}"
    assert sms("visit_links", (DANA, NEXT_WEEK)) == (
        f"Tuomi Dental: Thu 3 Dec 09:20 {link(DANA)}, Thu 10 Dec 09:20 {link(NEXT_WEEK)}"
    )
    assert "Check-up" not in "\n".join(text(mail("visit_links", (DANA, NEXT_WEEK))))


def test_whoever_did_not_ask_for_the_links_reads_that_nothing_has_changed() -> None:
    assert text(mail("visit_links", (DANA, EERO))) == [
        "Here are the links to your visits.",
        "",
        "Thursday 3 December at 09:20",
        "Name: Dana",
        "With: Sanna Koivisto",
        "Where: Keskusta, Hämeenkatu 14 B, Tampere",
        link(DANA),
        "",
        "Thursday 3 December at 10:00",
        "Name: Eero",
        "With: Sanna Koivisto",
        "Where: Keskusta, Hämeenkatu 14 B, Tampere",
        link(EERO),
        "",
        SOMEBODY,
        "",
        "Telephone: +358 300 00140",
        "Tuomi Dental",
    ]


@pytest.mark.parametrize("kind", ["reminder", "visit_links"])
def test_no_mail_but_a_confirmation_touches_the_calendar(kind: str) -> None:
    types = [part.get_content_type() for part in mail(kind, [DANA]).walk()]

    assert types == ["multipart/alternative", "text/plain", "text/html"]
    assert "text/calendar" in [part.get_content_type() for part in mail("booking_confirmed", [DANA]).walk()]


@pytest.mark.parametrize("kind", ["reminder", "visit_links"])
def test_a_mail_about_one_visit_joins_its_thread_under_an_id_of_its_own(kind: str) -> None:
    one, two = mail(kind, [DANA]), mail(kind, BOTH)

    assert one["Message-ID"] == two["Message-ID"] == "<00000000-0000-0000-0000-000000000005@tuomi.example>"
    assert one["In-Reply-To"] == one["References"] == mail("booking_confirmed", [DANA])["Message-ID"]
    assert (two["In-Reply-To"], two["References"]) == (None, None)


# --- the server speaks


def test_an_incident_says_what_is_wrong_where_since_when_and_what_to_do() -> None:
    message = mail("incident", (), facts=TROUBLE)

    assert str(message["Subject"]) == "turnet at Tuomi Dental: Mail does not leave"
    assert text(message) == [
        "Mail does not leave",
        "",
        "Where: smtp://mail.tuomi.example:587",
        "Since: Tue 1 Dec at 09:00",
        "",
        "What to do",
        "Run turnet doctor.",
        "It says what the server answered.",
        "",
        "You get one more mail when it is over.",
        "",
        "Tuomi Dental",
    ]


def test_when_it_is_over_the_mail_says_how_long_it_was() -> None:
    message = mail("incident_over", (), facts=TROUBLE)

    assert str(message["Subject"]) == "turnet at Tuomi Dental, over: Mail does not leave"
    assert text(message) == [
        "This is over:",
        "Mail does not leave",
        "",
        "Where: smtp://mail.tuomi.example:587",
        "It lasted from Tue 1 Dec at 09:00 until Tue 1 Dec at 10:30.",
        "",
        "Tuomi Dental",
    ]


def test_english_words_in_a_hebrew_mail_say_so_and_run_their_own_way() -> None:
    page = html(mail("incident", (), language="he", facts=TROUBLE))

    assert 'lang="en" dir="ltr"><b>Mail does not leave</b></p>' in page
    assert '<bdi lang="en">smtp://mail.tuomi.example:587</bdi>' in page
    assert "<h1 " in page


def test_what_a_server_answered_adds_no_header_and_no_element() -> None:
    hostile = TROUBLE | {"what": "550 no\r\nBcc: x@y.example", "do": "<script>alert(1)</script>"}
    message = mail("incident", (), facts=hostile)

    assert message["Bcc"] is None
    assert "<script>" not in html(message)


def test_mail_of_the_server_goes_to_one_address_and_expects_no_answer() -> None:
    message = mail("incident", (), facts=TROUBLE)

    assert (message["To"], message["Reply-To"], message["References"]) == ("desk@tuomi.example", None, None)
    assert SERVICE.name["en"] not in html(message)
