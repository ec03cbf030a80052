"""Names of a family in an answer."""

import pytest

from turnet.conversation.by_name import lettered
from turnet.conversation.meaning import Asked, Meaning, read

NAMES = {"A": "Siiri", "B": "Onni"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Onni ei pääse", "B ei pääse"),
        ("siiri tulee, ONNI ei", "A tulee, B ei"),
        ("Onnin aika ei sovi", "Onnin aika ei sovi"),
        ("Aino ei pääse", "Aino ei pääse"),
    ],
)
def test_a_first_name_is_its_letter_and_nothing_else_is(text: str, said: str) -> None:
    assert lettered(text, NAMES) == said


def test_a_name_that_two_of_them_have_says_nothing() -> None:
    assert lettered("Onni ei pääse", {"A": "Onni", "B": "ONNI", "C": "Siiri"}) == "Onni ei pääse"


@pytest.mark.parametrize(
    ("text", "language", "names"),
    [
        ("Onni ei pääse", "fi", NAMES),
        ("Zoë can’t come", "en", {"A": "Max", "B": "Zoe"}),
        ("נועה לא יכולה להגיע", "he", {"A": "דני", "B": "נועה"}),
    ],
)
def test_who_is_named_cannot_come(text: str, language: str, names: dict[str, str]) -> None:
    reading = read(lettered(text, names), Asked.CONFIRM, language=language, letters=tuple(names))

    assert (reading.meaning, reading.letters) == (Meaning.CANNOT, ("B",))
