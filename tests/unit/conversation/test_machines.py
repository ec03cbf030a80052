"""Who is no person, and whose words are their telephone's."""

import pytest

from turnet.conversation.machines import automatic, is_person


@pytest.mark.parametrize("number", ["+358401234567", "+972541234567", "+14155550123"])
def test_a_telephone_may_be_somebodys(number: str) -> None:
    assert is_person(number)


@pytest.mark.parametrize(
    "number", ["", "MyBank", "16400", "+1640", "358401234567", "+0401234567", "+3584012345678901", "Info+358401234567"]
)
def test_names_and_short_numbers_are_services(number: str) -> None:
    assert not is_person(number)


@pytest.mark.parametrize(
    "text",
    [
        "Auto-reply: I am away until Monday",
        "[Automatic reply] Thanks, we will get back to you",
        "I'm driving with Do Not Disturb While Driving turned on.",
        "Out of office: back on the 3rd",
        "Automaattinen vastaus: olen lomalla",
        "Tähän viestiin ei voi vastata.",
        "מענה אוטומטי: אני לא זמין",
        "אין להשיב להודעה זו",
    ],
)
def test_what_telephones_say_by_themselves(text: str) -> None:
    assert automatic(text)


@pytest.mark.parametrize(
    "text",
    [
        "1", "yes", "I am driving, 10 minutes late", "I'm driving right now, be there at ten", "I'm out of the office but coming", "I am out of office, please call", "reply 1", "En pääse", "ajan autolla sinne",
        "אני נוהג אליכם", "לא יכול להשיב עכשיו", "My car is automatic", "",
    ],
)  # fmt: skip
def test_control_people_say_other_things(text: str) -> None:
    assert not automatic(text)
