"""Which passwords are taken."""

import pytest

from turnet.errors import Invalid
from turnet.staff import passwords

KNOWN = ("Rea Reception", "rea.reception@tuomi.example", "Hammashoitola Tuomi")


@pytest.mark.parametrize(
    "password",
    [
        "a red door and a blue roof", "correct horse battery", "vihreä ovi ja sininen katto", "דלת אדומה וגג כחול",
        "Tq7-vex-Ruk-92", "        a    b  cde", "🦷🪥🦷🪥 brush twice a day", "x" * 60 + "abcdefgh" + "y" * 60,
    ],
)  # fmt: skip
def test_long_unusual_password_is_taken_as_it_is(password: str) -> None:
    assert passwords.checked(password, KNOWN) == password


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "too_short"), ("elevensigns", "too_short"), ("x1" * 65, "too_long"), ("password12345", "common"),
        ("Password2026!", "common"), ("P@ssw0rd!!!!!!", "common"), ("passwordpassword", "common"),
        ("123456789012", "common"), ("qwertyuiopqwerty", "common"), ("aaaaaaaaaaaaaaaa", "common"),
        ("dragonfootball", "common"), ("abcabcabcabc", "common"), ("Hammashoitola1", "personal"),
        ("tuomi-tuomi-tuomi", "personal"), ("ReceptionRea26", "personal"), ("turnet-turnet-1", "personal"),
    ],
)  # fmt: skip
def test_password_that_others_would_guess_is_refused(password: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.checked(password, KNOWN)

    assert refused.value.fields == {"password": code}


def test_list_is_as_long_as_it_says() -> None:
    assert len(passwords._list()) == 5000


def test_letters_that_look_the_same_are_hashed_the_same() -> None:
    assert passwords.checked("cafe\u0301 am Bahnhof", ()) == "caf\xe9 am Bahnhof"
