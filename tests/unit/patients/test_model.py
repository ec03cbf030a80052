"""What people type about themselves, and what becomes of it."""

from datetime import date

import pytest

from turnet.booking.model import Person
from turnet.errors import Invalid
from turnet.patients.model import (
    clean_birth_year,
    clean_email,
    clean_name,
    clean_note,
    clean_phone,
    person_from,
    same_mailbox,
)

TODAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    "typed,name",
    [
        ("Anna Virtanen", "Anna Virtanen"),
        ("  Jean‑Luc   O’Brien ", "Jean‑Luc O’Brien"),
        ("Å", "Å"),
        ("A\u030akerstro\u0308m", "Åkerström"),
        ("צביקה כהן־לוי".replace("־", "-"), "צביקה כהן-לוי"),
        ("ג׳ורג׳ בוש", "ג׳ורג׳ בוש"),
        ("יעל ב״ר \u200f", "יעל ב״ר"),
        ("محمد‌رضا", "محمد‌رضا"),
        ("श्री\u200dमान", "श्री\u200dमान"),
        ("李 小龍", "李 小龍"),
        ("María (Mia) dels Àngels Gal·la, Jr.", "María (Mia) dels Àngels Gal·la, Jr."),
        ("Elo\u00a0N 3", "Elo N 3"),
    ],
)
def test_name_of_any_script_is_kept(typed: str, name: str) -> None:
    assert clean_name(typed) == name


@pytest.mark.parametrize(
    "typed,code",
    [
        ("", "required"),
        (" \u00a0\u200f ", "required"),
        ("a" * 121, "too_long"),
        ("12 34", "characters"),
        ("- .", "characters"),
        ("Anna\nVirtanen", "characters"),
        ("Anna\r\nBcc: all@clinic.example", "characters"),
        ("Anna\n", "characters"),
        ("Anna\0", "characters"),
        ("Anna\u202eanetriV", "characters"),
        ("\u2066Anna\u2069", "characters"),
        ("An\u200dna", "characters"),
        ("\u200bAnna", "characters"),
        ("محمد\u200c", "characters"),
        ("Anna \U0001f600", "characters"),
        ("Anna \ue000", "characters"),
        ("Anna \ud800", "characters"),
        ("https://evil.example", "characters"),
        ("=HYPERLINK(1)", "characters"),
        ("<b>Anna</b>", "characters"),
    ],
)
def test_name_that_could_do_harm_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_name(typed)

    assert refused.value.fields == {"name": code}


def test_name_of_120_characters_is_not_too_long() -> None:
    assert len(clean_name("é" * 120)) == 120


@pytest.mark.parametrize(
    "typed,region,number",
    [
        ("040 123 4567", "FI", "+358401234567"),
        ("+358 (0)40-123 4567", "FI", "+358401234567"),
        ("050-1234567", "IL", "+972501234567"),
        ("00358401234567", "FI", "+358401234567"),
        ("+972 55-500-0001", "FI", "+972555000001"),
        ("+44 7700 900123", "FI", "+447700900123"),
        ("٠٤٠ ١٢٣ ٤٥٦٧", "FI", "+358401234567"),
    ],
)
def test_phone_becomes_the_number_dialled_from_anywhere(typed: str, region: str, number: str) -> None:
    assert clean_phone(typed, region) == number


@pytest.mark.parametrize(
    "typed,code",
    [
        ("", "required"),
        ("112", "too_short"),
        ("+358", "too_short"),
        ("040 12", "too_short"),
        ("040 123 4567 8901 2345", "too_long"),
        ("0" * 33, "too_long"),
        ("soita minulle", "not_a_number"),
        ("+210 123 456 789", "not_valid"),
    ],
)
def test_phone_that_cannot_be_dialled_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_phone(typed, "FI")

    assert refused.value.fields == {"phone": code}


@pytest.mark.parametrize(
    "typed,address",
    [
        (" Anna.Virtanen@Example.COM ", "anna.virtanen@example.com"),
        ("anna@mail.test", "anna@mail.test"),
        ("anna+tor@tuomi.example", "anna+tor@tuomi.example"),
        ("mäkinen@ääkkönen.fi", "mäkinen@ääkkönen.fi"),
    ],
)
def test_email_is_kept_in_lower_case(typed: str, address: str) -> None:
    assert clean_email(typed) == address


@pytest.mark.parametrize(
    "typed,code",
    [
        ("", "required"),
        ("anna", "not_valid"),
        ("anna@", "not_valid"),
        ("anna@example", "not_valid"),
        ("anna@example.com\r\nBcc: all@example.com", "not_valid"),
        ("anna@example.com\n", "not_valid"),
        ("Anna <anna@example.com>", "not_valid"),
        ("a@b.fi, c@d.fi", "not_valid"),
        ("a" * 310 + "@example.com", "too_long"),
    ],
)
def test_email_that_is_not_one_address_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_email(typed)

    assert refused.value.fields == {"email": code}


def test_addresses_that_differ_after_a_plus_are_one_mailbox() -> None:
    assert same_mailbox("Anna+1@example.com") == same_mailbox("anna+two@example.com") == "anna@example.com"
    assert same_mailbox("") == ""


@pytest.mark.parametrize("typed,year", [("2026", 2026), (" 2015 ", 2015), ("2008", 2008)])
def test_birth_year_of_a_child(typed: str, year: int) -> None:
    assert clean_birth_year(typed, TODAY) == year


@pytest.mark.parametrize(
    "typed,code",
    [
        ("", "required"),
        ("two", "not_a_number"),
        ("-2015", "not_a_number"),
        ("20155", "not_a_number"),
        ("2027", "out_of_range"),
        ("1899", "out_of_range"),
        ("2007", "not_a_child"),
    ],
)
def test_birth_year_that_makes_no_child_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_birth_year(typed, TODAY)

    assert refused.value.fields == {"birth_year": code}


def test_note_keeps_its_lines() -> None:
    assert clean_note("Wheelchair\r\nlift?\tThanks \U0001f600 ") == "Wheelchair\nlift? Thanks \U0001f600"


@pytest.mark.parametrize("typed,code", [("x" * 1001, "too_long"), ("a\0b", "characters"), ("a\u202eb", "characters")])
def test_note_that_could_do_harm_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_note(typed)

    assert refused.value.fields == {"note": code}


def test_person_from_a_form() -> None:
    fields = {"name": "Eeva ", "phone": "040 123 4567", "for": "child", "birth_year": "2019", "note": " "}

    assert person_from(fields, region="FI", language="fi", today=TODAY) == Person(
        name="Eeva", phone="+358401234567", phone_raw="040 123 4567", language="fi", for_whom="child", birth_year=2019
    )


def test_person_with_everything_wrong_hears_of_everything_at_once() -> None:
    fields = {"name": "", "phone": "12", "email": "anna@", "for": "dog", "note": "\0"}

    with pytest.raises(Invalid) as refused:
        person_from(fields, region="FI", language="fi", today=TODAY)

    assert refused.value.fields == {
        "name": "required",
        "phone": "too_short",
        "email": "not_valid",
        "for": "not_valid",
        "note": "characters",
    }


def test_person_without_phone_and_email_is_asked_for_one_of_them() -> None:
    with pytest.raises(Invalid) as refused:
        person_from({"name": "Anna"}, region="FI", language="fi", today=TODAY)

    assert refused.value.fields == {"phone": "phone_or_email", "email": "phone_or_email"}


def test_birth_year_is_not_read_for_an_adult() -> None:
    fields = {"name": "Anna", "email": "a@b.fi", "for": "adult", "birth_year": "nonsense"}

    assert person_from(fields, region="FI", language="fi", today=TODAY).birth_year is None
