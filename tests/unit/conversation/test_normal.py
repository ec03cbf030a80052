"""One spelling for what looks or means the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnet.conversation.normal import clauses, letter, normal, on_the_other_keys


@pytest.mark.parametrize(
    "text, want",
    [
        ("  Kyllä,\tKIITOS! ", "kylla kiitos"),
        ("\u200fכֵּן\u200e", "כן"),
        ("א׳", "א"),
        ("צה״ל", "צהל"),
        ("I’m — can't", "im cant"),
        ("١ ۲ １ 1️⃣ 𝟏 🔟", "1 2 1 1 1 10"),
        ("👍🏽thanks❤️", "👍 thanks ❤"),
        ("Придём", "придем"),
        ("نَعَم", "نعم"),
        ("...", ""),
    ],
)
def test_normal(text: str, want: str) -> None:
    assert normal(text) == want


@given(st.text())
def test_normal_twice_is_normal_once(text: str) -> None:
    assert normal(normal(text)) == normal(text)


def test_clauses_end_at_commas_stops_and_lines() -> None:
    assert clauses("לא, אגיע. O.K. 9.30 - kyllä\n1") == ["לא", "אגיע", "o k", "9 30", "kylla", "1"]


def test_a_letter_may_be_in_the_accusative() -> None:
    assert clauses("Otan A:n, b:n ja 1:n. A:nna") == ["otan a", "b ja 1 n", "a nna"]


@pytest.mark.parametrize(
    "text, want",
    [
        ("fi", "כן"),
        ("vdg,h!", "הגעתי"),
        ("טקד", "yes"),
        ("1 ndhg", "1 מגיע"),
        ("kt", "לא"),
        ("CT", None),
        ("t", None),
        ("נ", None),
        ("1", None),
        ("yes כן", None),
        ("да", None),
        ("", None),
    ],
)
def test_the_other_keys_of_one_keyboard(text: str, want: str | None) -> None:
    assert on_the_other_keys(text) == want


def test_letters_of_four_scripts() -> None:
    assert letter("в") is None
    assert [letter(token) for token in ("a", "א", "а", "α", "ا", "c", "ג", "с", "z", "1", "ab")] == ["A"] * 5 + [
        "C"
    ] * 3 + [None] * 3
