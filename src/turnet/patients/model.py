"""What people type about themselves, made clean or refused with a code; the text for people comes from the code.

Names of any script pass; what could steer a terminal, a mail header or the direction of text does not.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from turnet.booking.model import Person
from turnet.errors import Invalid

T = TypeVar("T")

NAME_LENGTH = 120
NOTE_LENGTH = 1000
PHONE_LENGTH = 32
SHORTEST_NUMBER = 7
"""Digits after the country code: shorter ones are service numbers, which no patient has."""
EMAIL_LENGTH = 320
FIRST_BIRTH_YEAR = 1900
ADULT = 18

_NAME_CATEGORIES = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd", "Nl"})
_IN_NAMES = frozenset("'’‘´`-‐‑–.,·״׳\"()")
"""Besides letters, marks, digits and spaces: apostrophes, hyphens, geresh, a nickname's brackets."""
_DIRECTION_MARKS = str.maketrans("", "", "\u200e\u200f\u061c\ufeff")
"""Keyboards and clipboards leave these behind; they say nothing here, so they go silently."""
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_JOINERS = frozenset("\u200c\u200d")
_JOINING_SCRIPTS = frozenset(
    [
        "ARABIC",
        "SYRIAC",
        "MONGOLIAN",
        "DEVANAGARI",
        "BENGALI",
        "GURMUKHI",
        "GUJARATI",
        "ORIYA",
        "TAMIL",
        "TELUGU",
        "KANNADA",
        "MALAYALAM",
        "SINHALA",
    ]
)
_UNSEEN = frozenset({"Cc", "Cs", "Co", "Cn"})
_PHONE_CODES = {
    ValidationResult.TOO_SHORT: "too_short",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "too_short",
    ValidationResult.TOO_LONG: "too_long",
}
_UNREAD_PHONE_CODES = {
    NumberParseException.NOT_A_NUMBER: "not_a_number",
    NumberParseException.TOO_SHORT_AFTER_IDD: "too_short",
    NumberParseException.TOO_SHORT_NSN: "too_short",
    NumberParseException.TOO_LONG: "too_long",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A patient as a search shows them."""

    id: int
    public_id: str
    name: str = field(repr=False)
    birth_year: int | None
    phone: str = field(repr=False)
    """E.164; their own first, else their guardian's. Empty: none."""
    email: str = field(repr=False)
    provisional: bool
    next_visit: datetime | None
    last_visit: datetime | None
    """Starts of the nearest ones that were not cancelled, UTC."""


def clean_name(raw: str) -> str:
    """NFC, single spaces, at most 120 characters. Raises `Invalid`: `required`, `too_long`, `characters`."""
    name = _squeezed(unicodedata.normalize("NFC", raw.translate(_DIRECTION_MARKS)))
    if not name:
        raise Invalid({"name": "required"})
    if len(name) > NAME_LENGTH:
        raise Invalid({"name": "too_long"})
    if not all(_in_a_name(name, place) for place in range(len(name))) or not any(map(str.isalpha, name)):
        raise Invalid({"name": "characters"})
    return name


def _squeezed(text: str) -> str:
    """Every kind of space as one plain one, none at the ends; line breaks are not spaces."""
    plain = "".join(" " if unicodedata.category(character) == "Zs" else character for character in text)
    return " ".join(part for part in plain.split(" ") if part)


def _in_a_name(name: str, place: int) -> bool:
    character = name[place]
    if character in _JOINERS:
        return 0 < place < len(name) - 1 and _joins(name[place - 1]) and _joins(name[place + 1])
    return character == " " or character in _IN_NAMES or unicodedata.category(character) in _NAME_CATEGORIES


def _joins(character: str) -> bool:
    """Does this letter belong to a script in which a joiner changes what is read?"""
    return unicodedata.name(character, "").split(" ")[0] in _JOINING_SCRIPTS


def clean_phone(raw: str, region: str) -> str:
    """E.164 of a number as dialled in `region` (ISO 3166-1). Numbers kept for fiction pass.

    Raises `Invalid`: `required`, `too_short`, `too_long`, `not_a_number`, `not_valid`.
    """
    text = raw.strip()
    if not text:
        raise Invalid({"phone": "required"})
    if len(text) > PHONE_LENGTH:
        raise Invalid({"phone": "too_long"})
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        raise Invalid({"phone": _UNREAD_PHONE_CODES.get(error.error_type, "not_valid")}) from error
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible != ValidationResult.IS_POSSIBLE:
        raise Invalid({"phone": _PHONE_CODES.get(possible, "not_valid")})
    if len(str(number.national_number)) < SHORTEST_NUMBER:
        raise Invalid({"phone": "too_short"})
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def clean_email(raw: str) -> str:
    """The address in lower case, without asking any server. Raises `Invalid`: `required`, `too_long`, `not_valid`."""
    text = raw.strip(" ")
    if not text:
        raise Invalid({"email": "required"})
    if len(text) > EMAIL_LENGTH:
        raise Invalid({"email": "too_long"})
    try:
        # The "test environment" only means that names such as clinic.test are addresses like any other.
        checked = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise Invalid({"email": "not_valid"}) from error
    return checked.normalized.lower()


def same_mailbox(email: str) -> str:
    """What the caps compare: the address without the part after a plus, which reaches the same person."""
    local, _, domain = email.casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" if domain else ""


def clean_birth_year(raw: str, today: date) -> int:
    """A year that makes a child of under 18, at least until this year's birthday.

    Raises `Invalid`: `required`, `not_a_number`, `out_of_range`, `not_a_child`.
    """
    text = raw.strip()
    if not text:
        raise Invalid({"birth_year": "required"})
    if not text.isdecimal() or len(text) > 4:
        raise Invalid({"birth_year": "not_a_number"})
    year = int(text)
    if not FIRST_BIRTH_YEAR <= year <= today.year:
        raise Invalid({"birth_year": "out_of_range"})
    if today.year - year > ADULT:
        raise Invalid({"birth_year": "not_a_child"})
    return year


def clean_year(raw: str, today: date) -> int | None:
    """Anybody's year of birth, or None where it is left out. Raises `Invalid`: `not_a_number`, `out_of_range`."""
    text = raw.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 4:
        raise Invalid({"birth_year": "not_a_number"})
    if not FIRST_BIRTH_YEAR <= int(text) <= today.year:
        raise Invalid({"birth_year": "out_of_range"})
    return int(text)


def clean_note(raw: str, *, field: str = "note") -> str:
    """NFC, line breaks as `\\n`, at most 1000 characters. Raises `Invalid`: `too_long`, `characters`."""
    lines = unicodedata.normalize("NFC", raw).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    note = lines.translate(_DIRECTION_MARKS).strip()
    if len(note) > NOTE_LENGTH:
        raise Invalid({field: "too_long"})
    if any(character in _OVERRIDES or _unseen(character) for character in note):
        raise Invalid({field: "characters"})
    return note


def _unseen(character: str) -> bool:
    return character != "\n" and unicodedata.category(character) in _UNSEEN


def person_from(fields: Mapping[str, str], *, region: str, language: str, today: date) -> Person:
    """A whole form: `name phone email for birth_year note`. Raises one `Invalid` with every field that is wrong."""
    found = {name: fields.get(name, "") for name in ("name", "phone", "email", "for", "birth_year", "note")}
    wrong: dict[str, str] = {}

    def read(clean: Callable[[str], T], name: str, otherwise: T) -> T:
        try:
            return clean(found[name])
        except Invalid as invalid:
            wrong.update(invalid.fields)
            return otherwise

    name = read(clean_name, "name", "")
    phone = read(lambda raw: clean_phone(raw, region), "phone", "") if found["phone"].strip() else ""
    email = read(clean_email, "email", "") if found["email"].strip(" ") else ""
    if not found["phone"].strip() and not found["email"].strip(" "):
        wrong |= {"phone": "phone_or_email", "email": "phone_or_email"}
    for_whom = found["for"].strip() or "me"
    if for_whom not in {"me", "child", "adult"}:
        wrong["for"] = "not_valid"
    birth_year = read(lambda raw: clean_birth_year(raw, today), "birth_year", 0) if for_whom == "child" else None
    note = read(clean_note, "note", "")
    if wrong:
        raise Invalid(wrong)
    return Person(
        name=name,
        phone=phone,
        phone_raw=found["phone"].strip(),
        email=email,
        email_raw=found["email"].strip(" "),
        language=language,
        for_whom=for_whom,
        birth_year=birth_year,
        note=note,
    )
