"""Every text is said in every language: all of it, with the same parts in it, and an SMS no longer than it may be.

After texts have changed, `make messages-update` puts the new ones into the catalogues, `make messages` compiles them.
"""

import gettext
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from tests.unit.messaging.people import LOCATION, a_clinic, a_visit, composer, fitting, the_row
from turnet.clinic.model import Texts
from turnet.demo.clinics import EREZ, TUOMI
from turnet.i18n import LANGUAGES
from turnet.messaging.kinds import KINDS, Kind
from turnet.messaging.sms_text import parts
from turnet.paths import LOCALE

ROOT = Path(__file__).parents[2]
TRANSLATED = [code for code in LANGUAGES if code != "en"]
TEXTS = [kind for kind in KINDS.values() if "sms" in kind.channels]

SAME = {
    "fi": {
        "%(first)s–%(last)s",
        "%(opens)s–%(closes)s",
        "%(num)d min",
        "%(n)s min",
        "%(late)s min",
        "%(day)s",
        "%(when)s, %(how)s.",
        "NPS",
    },
    "he": {"%(first)s–%(last)s", "%(opens)s–%(closes)s", "%(when)s, %(how)s."},
}
"""What is rightly the same as in English."""


def collected(root: Path) -> Catalog:
    """The texts of a source tree, found as `make messages-update` finds them."""
    with (ROOT / "babel.cfg").open() as settings:
        methods, options = parse_mapping_cfg(settings)  # type: ignore[no-untyped-call]
    texts = Catalog()
    for _file, _line, words, _comments, context in extract_from_dir(
        root, methods, options, directory_filter=lambda folder: not Path(folder).name.startswith(".")
    ):
        texts.add(words, context=context)
    return texts


def catalogue(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / "turnet.po").open("rb") as file:
        return read_po(file, locale=language)


def one_and_many(words: object) -> tuple[str, ...]:
    """The forms of a text; one that counts nothing has one."""
    return tuple(map(str, words)) if isinstance(words, (tuple, list)) else (str(words),)


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%(?:\(\w+\))?.?", text))


def tags(text: str) -> list[str]:
    return sorted(re.findall(r"</?[a-z][^>]*>", text))


def fault_of(text: Message, language: str) -> str:
    """What is wrong with one translated text, or nothing."""
    source, forms = one_and_many(text.id), one_and_many(text.string)
    wrong = {
        "unsure": text.fuzzy,
        "untranslated": not all(forms),
        "left in English": set(forms) & set(source) and not SAME[language] & set(source),
        "not one form for one and one for many": len(forms) != len(source),
        "other placeholders": any(
            placeholders(form) not in allowed for form, allowed in zip(forms, placeholders_of(text), strict=False)
        ),
        "other tags": any(tags(form) != tags(english) for form, english in zip(forms, source, strict=False)),
    }
    return next((fault for fault, found in wrong.items() if found), "")


def placeholders_of(text: Message) -> list[list[list[str]]]:
    """What each form may hold: that for one may say the number in words."""
    allowed = [[placeholders(english)] for english in one_and_many(text.id)]
    if text.pluralizable:
        many = allowed[1][0]
        allowed[0] = [many, [name for name in many if name != "%(num)d"]]
    return allowed


def faults(source: Catalog, spoken: Catalog, language: str) -> list[str]:
    """Where a catalogue does not say what the source says, as `text: fault`."""
    wanted = {(text.id, text.context) for text in source if text.id}
    found = {(text.id, text.context): text for text in spoken if text.id}
    listed = [f"{one_and_many(words)[0]}: missing" for words, _context in wanted - set(found)]
    listed += [f"{one_and_many(words)[0]}: nobody says it" for words, _context in set(found) - wanted]
    listed += [f"{one_and_many(text.id)[0]}: obsolete" for text in spoken.obsolete.values()]
    listed += [f"{one_and_many(text.id)[0]}: {fault}" for text in found.values() if (fault := fault_of(text, language))]
    return sorted(listed)


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_says_everything_and_nothing_else(language: str) -> None:
    assert faults(collected(ROOT), catalogue(language), language) == []


def _drop(spoken: Catalog) -> None:
    spoken.delete("Your time is booked")


def _keep_a_leftover(spoken: Catalog) -> None:
    spoken.add("Your parking is booked", "Pysäköinti on varattu")


def _empty(spoken: Catalog) -> None:
    spoken["Your time is booked"].string = ""


def _doubt(spoken: Catalog) -> None:
    spoken["Your time is booked"].flags.add("fuzzy")


def _leave_in_english(spoken: Catalog) -> None:
    spoken["Your time is booked"].string = "Your time is booked"


def _lose_a_placeholder(spoken: Catalog) -> None:
    spoken["today at %(time)s"].string = "tänään"


def _misspell_a_placeholder(spoken: Catalog) -> None:
    spoken["today at %(time)s"].string = "tänään klo %(aika)s"


def _lose_the_number_of_many(spoken: Catalog) -> None:
    spoken["One thing to put right"].string = ("Yksi kohta", "kohtia")


def _add_a_tag(spoken: Catalog) -> None:
    spoken["Your time is booked"].string = "<b>Aika on varattu</b>"


def _forget_many(spoken: Catalog) -> None:
    spoken["One thing to put right"].string = ("Yksi kohta",)


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (_drop, "Your time is booked: missing"),
        (_keep_a_leftover, "Your parking is booked: nobody says it"),
        (_empty, "Your time is booked: untranslated"),
        (_doubt, "Your time is booked: unsure"),
        (_leave_in_english, "Your time is booked: left in English"),
        (_lose_a_placeholder, "today at %(time)s: other placeholders"),
        (_misspell_a_placeholder, "today at %(time)s: other placeholders"),
        (_lose_the_number_of_many, "One thing to put right: other placeholders"),
        (_add_a_tag, "Your time is booked: other tags"),
        (_forget_many, "One thing to put right: not one form for one and one for many"),
    ],
    ids=lambda case: case.__name__.strip("_") if callable(case) else "",
)
def test_damage_to_a_whole_catalogue_is_noticed(damage: Callable[[Catalog], None], fault: str) -> None:
    spoken = catalogue("fi")
    damage(spoken)

    assert faults(catalogue("fi"), spoken, "fi") == [fault]


def test_a_text_in_any_folder_of_the_source_is_collected(tmp_path: Path) -> None:
    for file, text in {
        "templates/_macros/things.html": '{{ _("in a macro") }}',
        "templates/messages/hello/sms.txt": '{{ _("in a message") }}',
        "src/turnet/web/words.py": '_("in the program")',
        "tasks/night.py": 'ngettext("one in a task", "%(num)d in a task", 2)',
        ".venv/templates/other.html": '{{ _("in a foreign place") }}',
        "tests/web/test_words.py": '_("in a test")',
    }.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)

    texts = {text.id for text in collected(tmp_path) if text.id}

    assert texts == {"in a macro", "in a message", "in the program", ("one in a task", "%(num)d in a task")}


def compiled(program: gettext.NullTranslations, text: Message) -> tuple[str, ...]:
    """The forms of a text as the program hears them."""
    one, *many = one_and_many(text.id)
    if many:
        return tuple(program.ngettext(one, many[0], count) for count in (1, 2))
    return (program.pgettext(text.context, one) if text.context else program.gettext(one),)


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogue_the_program_reads_is_the_one_in_the_source(language: str) -> None:
    program = gettext.translation("turnet", LOCALE, [language])

    texts = [text for text in catalogue(language) if text.id]

    assert [compiled(program, text) for text in texts] == [one_and_many(text.string) for text in texts]


@pytest.mark.parametrize("language", TRANSLATED)
def test_one_has_a_form_of_its_own_and_every_other_number_the_second(language: str) -> None:
    program = gettext.translation("turnet", LOCALE, [language])
    forms = {
        "fi": ("Yksi kohta korjattavana", "%(num)d kohtaa korjattavana"),
        "he": ("דבר אחד לתיקון", "%(num)d דברים לתיקון"),
    }

    chosen = [
        program.ngettext("One thing to put right", "%(num)d things to put right", count)
        for count in (1, 0, 2, 10, 11, 20)
    ]

    assert chosen == [forms[language][0], *[forms[language][1]] * 5]


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_header_names_no_person_date_or_machine(language: str) -> None:
    header = (LOCALE / language / "LC_MESSAGES" / "turnet.po").read_text().split("\n\n")[0]

    names = re.findall(r'^"([\w-]+):', header, re.MULTILINE)

    assert names == ["Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"]


# --- the hand of each language

_NOT_OURS = {
    "an exclamation mark": r"!",
    "a mark of direction, which belongs to what is put in": r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]",
    "a straight quotation mark": r"\"",
    "space at an end, or two of them": r"^\s|\s$|  ",
    "three full stops for an ellipsis": r"\.\.\.",
}
_NOT_FINNISH = _NOT_OURS | {
    "a clock time with a colon": r"\d:\d\d",
    "a foreign quotation mark": "[“„«»]",
    "Hebrew": "[א-ת]",
}
_NOT_HEBREW = _NOT_OURS | {
    "vowel points": r"[\u0591-\u05bd\u05bf-\u05c7]",
    "an apostrophe for a geresh": r"[א-ת]['’]",
    "a hyphen for a maqaf": r"[א-ת]-",
    "a foreign quotation mark": "[“”„«»]",
}


@pytest.mark.parametrize(("language", "slips"), [("fi", _NOT_FINNISH), ("he", _NOT_HEBREW)])
def test_a_language_is_written_with_its_own_signs(language: str, slips: dict[str, str]) -> None:
    forms = [form for text in catalogue(language) if text.id for form in one_and_many(text.string)]

    assert [(form, slip) for form in forms for slip, signs in slips.items() if re.search(signs, form)] == []


# --- SMS

_STREETS = {"en": "Hämeenkatu 14 B, 2nd floor", "fi": "Hämeenkatu 14 B, 2. kerros", "he": "שדרות מוריה 41, קומה 2"}
_FAMILY = {"en": ("Anna", "Eero"), "fi": ("Anna", "Eero"), "he": ("דנה", "עומר")}
_EVE = timedelta(days=1)
"""By default the last moment for changes, and when an SMS reminds: neither moves the visit any more."""


def sms(kind: Kind, language: str, *, before: timedelta, name: Texts = EREZ.name, people: int = 1) -> str:
    """As it leaves so long before a Sunday in December, from a clinic whose street and web address are of usual length."""
    starts = datetime(2026, 12, 27, 11, 30, tzinfo=UTC)
    first = fitting(kind.name, a_visit(email="", language=language, starts_at=starts))
    visits = [
        replace(first, patient_name=who, starts_at=starts + timedelta(minutes=20 * number))
        for number, who in enumerate(_FAMILY[language][:people])
    ]
    clinic = a_clinic(name=name, location=replace(LOCATION, address=_STREETS))
    row = the_row(kind.name, first, channel="sms")
    return composer().parcel(row, visits, clinic, now=starts - before).content.decode()


@pytest.mark.parametrize("before", [_EVE, _EVE * 2], ids=["the day before", "two days before"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", TEXTS, ids=lambda kind: kind.name)
def test_an_sms_takes_one_part_or_in_hebrew_with_a_link_two(kind: Kind, language: str, before: timedelta) -> None:
    text = sms(kind, language, before=before)

    assert parts(text) <= (2 if language == "he" and "https://" in text else 1), f"{len(text)}: {text}"


@pytest.mark.parametrize("before", [_EVE, _EVE * 2], ids=["the day before", "two days before"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [TUOMI.name, EREZ.name], ids=["Tuomi", "Erez"])
@pytest.mark.parametrize("kind", ["reminder", "visit_links"])
def test_reminders_and_links_fit_whatever_the_demo_clinics_are_called(
    kind: str, name: Texts, language: str, before: timedelta
) -> None:
    text = sms(KINDS[kind], language, before=before, name=name)

    assert parts(text) <= (2 if language == "he" else 1), f"{len(text)}: {text}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [TUOMI.name, EREZ.name], ids=["Tuomi", "Erez"])
def test_a_family_of_two_is_reminded_in_one_part_and_in_hebrew_in_three(name: Texts, language: str) -> None:
    text = sms(KINDS["reminder"], language, before=_EVE, name=name, people=2)

    assert [who in text for who in _FAMILY[language]] == [True, True]
    assert parts(text) <= (3 if language == "he" else 1), f"{len(text)}: {text}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", TEXTS, ids=lambda kind: kind.name)
def test_an_sms_holds_no_word_that_makes_a_carrier_block_the_number(kind: Kind, language: str) -> None:
    said = " ".join(sms(kind, language, before=before) for before in (_EVE, _EVE * 2))

    assert re.findall(r"\b(?:CANCEL|STOP|END|QUIT|UNSUBSCRIBE|ביטול)\b", said) == []
