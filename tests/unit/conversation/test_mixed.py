"""One says this of one visit and that of another."""

import pytest

from turnet.conversation.meaning import Asked
from turnet.conversation.mixed import mixed

TWO, THREE = ("A", "B"), ("A", "B", "C")


@pytest.mark.parametrize(
    ("text", "language", "letters"),
    [
        ("A yes, B no", "en", TWO),
        ("a yes b cannot", "en", TWO),
        ("yes A no B", "en", TWO),
        ("B 2, A 1", "en", TWO),
        ("1A 2B", "en", TWO),
        ("A1, B2", "en", TWO),
        ("A yes B yes C no", "en", THREE),
        ("A kyllä B ei", "fi", TWO),
        ("א כן ב לא", "he", TWO),
    ],
)
def test_some_come_and_some_cannot(text: str, language: str, letters: tuple[str, ...]) -> None:
    assert mixed(text, Asked.CONFIRM, language=language, letters=letters)


@pytest.mark.parametrize(
    "text",
    ["", "1", "A yes", "A yes B yes", "A no B no", "A yes B maybe", "A yes D no", "yes no", "A yes, what about B?"],
)
def test_control_anything_else_is_not_mixed(text: str) -> None:
    assert not mixed(text, Asked.CONFIRM, language="en", letters=TWO)
