"""How many parts a text takes, at the edges where one more character costs another SMS."""

import pytest

from turnet.messaging.sms_text import parts, plain


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("äöåÄÖÅ@£$" + "a" * 151, 1),
        ("€" * 80, 1),
        ("€" * 80 + "a", 2),
        ("a" * 152 + "€" * 5, 2),
        ("a" * 152 + "€" + "a" * 151, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # the euro's two places do not fit the first part and move on whole
        ("א" * 70, 1),
        ("א" * 71, 2),
        ("א" * 134, 2),
        ("א" * 135, 3),
        ("ç", 1),
        ("ç" + "a" * 70, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 67, 3),  # 33 of them in a part of 67
    ],
)
def test_parts_are_counted_as_the_network_counts(text: str, count: int) -> None:
    assert parts(text) == count


def test_typographic_characters_become_plain_ones() -> None:
    assert plain("9–10 o’clock…\u200e +358\u00a030\n“Tuomi”") == '9-10 o\'clock... +358 30 "Tuomi"'


def test_letters_are_left_alone() -> None:
    assert plain("Hämeenkatu, מרפאת תומי") == "Hämeenkatu, מרפאת תומי"
