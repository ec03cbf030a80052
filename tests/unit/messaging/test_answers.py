"""What our answers to an SMS say: short, exact, and nobody's business but theirs."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.messaging.people import LOCATION, NOW, a_clinic, a_visit, composer, the_row
from turnet.booking.model import Visit
from turnet.booking.states import State
from turnet.messaging.kinds import KINDS, About
from turnet.messaging.sms_text import parts

DANA = a_visit(patient_name="Dana Levi")
OMER = replace(DANA, id=DANA.id + 1, patient_name="Omer Levi", starts_at=datetime(2026, 12, 3, 7, 50, tzinfo=UTC))
CANCELLED = replace(DANA, state=State.CANCELLED)
TIMES = [["A", "2026-12-04T08:00:00+00:00"], ["B", "2026-12-07T06:30:00+00:00"], ["C", "2026-12-08T12:00:00+00:00"]]
UNTIL = "2026-12-01T09:12:00+00:00"
BOTH = {str(DANA.id): "A", str(OMER.id): "B"}

LONGER = {"times", "which", "opted_out", "call", "too_late"}
"""These may take two parts of Hebrew."""

SAID: list[tuple[str, list[Visit], dict[str, Any], str]] = [
    ("confirmed", [DANA], {}, "Thank you, see you Thu 3 Dec 09:20."),
    ("confirmed", [DANA, OMER], {"names": True}, "Thank you, see you Thu 3 Dec: Dana 09:20, Omer 09:50."),
    ("confirmed", [DANA], {"names": True}, "Thank you, see you Thu 3 Dec: Dana 09:20."),
    ("here", [DANA], {}, "Thank you, you are checked in. Waiting room 2."),
    ("here", [DANA], {"late": 10}, "Thank you, you are checked in. Waiting room 2. About 10 min late."),
    ("here", [DANA], {"names": True}, "Thank you, checked in: Dana. Waiting room 2."),
    ("too_early", [DANA], {}, "Good, you are coming. Send 1 again at the door."),
    ("too_early", [DANA, OMER], {"names": True}, "Good, we expect Dana, Omer. Send 1 again at the door."),
    (
        "times", [DANA], {"times": TIMES, "until": UNTIL},
        "All right. Would A Fri 4 Dec 10:00, B Mon 7 Dec 08:30 or C Tue 8 Dec 14:00 do? Held until 11:12. Your time stays unless you choose one.",
    ),
    (
        "times",
        [DANA],
        {"times": TIMES[:1], "gone": True, "until": UNTIL},
        "That time is no longer held. Would A Fri 4 Dec 10:00 do? Held until 11:12. Your time stays unless you choose one.",
    ),
    ("moved", [DANA], {}, "Thank you. Your new time is Thu 3 Dec 09:20."),
    (
        "which", [DANA, OMER], {"letters": BOTH, "cannot": True},
        "Who cannot come? A Dana 09:20, B Omer 09:50. Answer with a letter.",
    ),
    ("which", [DANA, OMER], {"letters": BOTH}, "Which of them do you mean? A Dana 09:20, B Omer 09:50. Answer with a letter."),
    ("read_later", [], {}, "Thank you, the desk will read this. Urgent: 0300 00116"),
    ("too_late", [], {}, "This answer comes too late. Call us: 0300 00116"),
    ("too_late", [DANA], {"here": True}, "Good that you are here. Tell us at the desk."),
    (
        "too_late", [DANA], {"stays": True},
        "Those times are no longer held. Your time Thu 3 Dec 09:20 stays. Call us: 0300 00140",
    ),
    ("call", [DANA], {}, "The desk reads this and gets back to you. Or call 0300 00140."),
    ("opted_out", [], {}, "You get no more such messages. Messages about times you book still come."),
    (
        "opted_out", [], {"wants_out": True},
        "You get no more such messages. This cancels no visit: for that, call 0300 00116.",
    ),
    ("opted_in", [], {}, "All right, you get these messages again."),
    ("why_high", [DANA], {}, "Thank you. What did we do well when we met you?"),
    ("why_low", [DANA], {}, "Thank you for being frank. What should have been different?"),
    ("thanks", [DANA], {}, "Thank you, we read every word."),
]  # fmt: skip


def said(name: str, visits: list[Visit], facts: dict[str, Any], language: str = "en") -> str:
    clinic = a_clinic(location=replace(LOCATION, waiting={"en": "Waiting room 2"}))
    row = replace(the_row(f"answer_{name}", DANA, channel="sms", language=language), facts=facts)
    return composer().parcel(row, visits, clinic, now=NOW).content.decode()


@pytest.mark.parametrize(
    ("name", "visits", "facts", "text"), SAID, ids=lambda value: value if isinstance(value, str) else ""
)
def test_an_answer_says(name: str, visits: list[Visit], facts: dict[str, Any], text: str) -> None:
    assert said(name, visits, facts) == text


def test_what_is_true_now() -> None:
    assert said("changed", [DANA], {}).startswith("Your time is now Thu 3 Dec 09:20. Move or cancel: https://")
    assert said("changed", [CANCELLED], {}).startswith("That time is not yours any more. See your visit: https://")
    assert said("choose", [DANA], {}).startswith("All right, your time stays until you choose another: https://")


def test_every_kind_is_said_here() -> None:
    ours = {kind.name.removeprefix("answer_") for kind in KINDS.values() if kind.about is About.ANSWER}

    assert ours == {name for name, *_ in SAID} | {"changed", "choose"}


@pytest.mark.parametrize("language", ["en", "fi", "he"])
@pytest.mark.parametrize(
    ("name", "visits", "facts", "text"), SAID, ids=lambda value: value if isinstance(value, str) else ""
)
def test_it_takes_one_part(name: str, visits: list[Visit], facts: dict[str, Any], text: str, language: str) -> None:
    """A language whose words are still to come says it in English; a Hebrew name makes that one of UCS-2."""
    found = said(name, visits, facts, language)

    translated = language == "en" or not found.startswith(text.split(maxsplit=1)[0])
    assert "\n" not in found
    most = 2 if language == "he" and name in LONGER else 1
    assert parts(found) <= most or not translated, found


def test_hebrew_letters_and_short_dates() -> None:
    text = said("times", [DANA], {"times": TIMES, "until": UNTIL}, "he")
    assert "א יום ו׳ 4.12 10:00, ב יום ב׳ 7.12 08:30, ג יום ג׳ 8.12 14:00" in text.replace("\u00a0", " ")
    assert "א\u00a0יום\u00a0ו׳\u00a04.12\u00a010:00," in text, "no line ends amid one"
    assert "א Dana 09:20, ב Omer 09:50" in said("which", [DANA, OMER], {"letters": BOTH}, "he")
