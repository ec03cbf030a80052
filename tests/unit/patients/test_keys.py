"""Names, numbers and addresses as keys: what is found by what, in any script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnet.patients.keys import LONGEST, keys_of, terms


def finds(
    sought: str, name: str, *, phone: str = "", email: str = "", year: int | None = None, region: str = "FI"
) -> bool:
    """Would the search find this person, by spelling or by sound?"""
    keys = keys_of(name, year, [phone] if phone else [], [email] if email else [])
    asked = terms(sought, region)
    return bool(asked) and all(
        any(key.startswith(prefix) for key in keys for prefix in (*term.prefixes, *term.sounds)) for term in asked
    )


@pytest.mark.parametrize(
    ("sought", "name"),
    [
        ("moll", "Eva Möller"),
        ("MÖLL", "Eva Moller"),
        ("aijala", "Matti Äijälä"),
        ("virt anna", "Anna Virtanen"),
        ("liisa", "Anna-Liisa Salo"),
        ("oneil", "Shane O’Neil"),
        ("o'ne", "Shane ONeil"),
        ("cohen", "דנה כהן"),
        ("coh", "דנה כהן"),
        ("dana cohen", "דנה כהן"),
        ("כהן", "Dana Cohen"),
        ("כה", "Dana Cohen"),
        ("levi", "יוסי לוי"),
        ("לוי", "Yossi Levi"),
        ("יונתן", "Jonathan Peres"),
        ("yonatan", "יונתן פרס"),
        ("chaim", "חיים וייס"),
        ("haim", "חיים וייס"),
        ("israel", "ישראל ישראלי"),
        ("zvi", "צבי רון"),
        ("sara", "שרה רון"),
        ("שרה", "Sarah Ron"),
        ("מיכאל", "Michael Stone"),
        ("שלום", "שָׁלוֹם רון"),
        ("ivan", "Сергей Иванов"),
        ("иван", "Sergei Ivanov"),
        ("סרגיי", "Сергей Иванов"),
        ("איבנוב", "Ivanov"),
        ("yuliya", "Юлия Орлова"),
        ("חיים", "חיימ וייס"),
        ("muhammad", "محمد علي"),
        ("γιώργος", "Giorgos Pappas"),
    ],
)
def test_a_name_is_found_whatever_the_script_and_the_accents(sought: str, name: str) -> None:
    assert finds(sought, name)


@pytest.mark.parametrize(
    ("sought", "name"),
    [("salo", "Anna Virtanen"), ("anna lehto", "Anna Virtanen"), ("cohen", "דנה לוי"), ("nna", "Anna Salo")],
)
def test_another_name_is_not_found(sought: str, name: str) -> None:
    assert not finds(sought, name)


@pytest.mark.parametrize(
    "sought",
    [
        "040 123",
        "0401234567",
        "+358 40 123",
        "+358 (0)40 123",
        "00358 40",
        "401234",
        "123 4567",
        "4567",
        "٠٤٠١٢٣",
        "anna 4567",
    ],
)
def test_a_number_is_found_by_its_beginning_and_its_last_digits(sought: str) -> None:
    assert finds(sought, "Anna", phone="+358401234567")


def test_a_number_of_another_country_is_found_as_it_is_dialled_there() -> None:
    assert finds("054-123", "Dana", phone="+972541234567", region="IL")
    assert not finds("054-123", "Dana", phone="+358401234567", region="IL")


@pytest.mark.parametrize(
    ("sought", "found"), [("anna.s@mail", True), ("anna.s", True), ("ANNA.S@", True), ("mail@", False)]
)
def test_an_address_is_found_by_its_beginning(sought: str, found: bool) -> None:
    assert finds(sought, "Pekka", email="anna.s@mail.example") is found


def test_a_year_of_birth_tells_two_of_the_same_name_apart() -> None:
    assert finds("anna 1980", "Anna Salo", year=1980)
    assert not finds("anna 1981", "Anna Salo", year=1980)


@pytest.mark.parametrize("nothing", ["", "  ", "!!", "(", "12", "\x00", "%", "_", "’"])
def test_nothing_to_look_for_finds_nobody(nothing: str) -> None:
    assert terms(nothing, "FI") == []


@given(st.text(max_size=300), st.sampled_from(["FI", "IL", "", "XX"]))
def test_whatever_is_typed_gives_a_bounded_search(text: str, region: str) -> None:
    found = terms(text, region)

    assert len(found) <= 8
    assert all(len(key) <= LONGEST for term in found for key in (*term.prefixes, *term.sounds))
    assert sum(len(term.prefixes) + len(term.sounds) for term in found) <= 8 * 12


@given(st.text(alphabet=st.characters(categories=("L", "M")), min_size=1, max_size=120))
def test_everybody_is_found_by_the_own_name(name: str) -> None:
    keys = keys_of(name, None, [], [])

    assert all(len(key) <= LONGEST for key in keys)
    assert terms(name, "FI") == [] or finds(name, name)
