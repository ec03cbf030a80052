"""Why a message was not sent or did not arrive is said in the reader's language, whatever the code or a gateway calls it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from turnet.booking import messages as announced
from turnet.feedback import model as feedback
from turnet.i18n import _, speaking
from turnet.messaging import channels, deliver, held, limits, matter, outbox, refusals, texting
from turnet.reminders import rules, steps
from turnet.web.desk.diary.drawn import words
from turnet.web.desk.inbox.words import state, trouble
from turnet.web.desk.told.sent_words import why

MODULES = (announced, channels, feedback, deliver, held, limits, matter, outbox, refusals, rules, steps, texting)


def reasons(module: ModuleType) -> set[str]:
    """Constants of the module that read as a sentence; SUSPENDED as it is with each of its causes."""
    sentences = {
        text
        for name, text in vars(module).items()
        if name.isupper() and name[0] != "_" and isinstance(text, str) and " " in text
    }
    if refusals.SUSPENDED in sentences:
        sentences = sentences - {refusals.SUSPENDED} | {
            refusals.SUSPENDED.format(cause) for cause in ("bounced", "wrong_number")
        }
    return sentences


def of_drivers() -> Iterator[str]:
    """What gateways and mail servers are made to say: each text of a refusal, the changing parts of it left out."""
    for file in sorted(Path(channels.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"Refused", "Report"}:
                texts = [one for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                yield from (str(one.value) for one in texts if " " in str(one.value).strip())


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
@pytest.mark.parametrize("language", ["fi", "he"])
def test_no_reason_is_left_in_english(module: ModuleType, language: str) -> None:
    with speaking(language):
        assert [reason for reason in reasons(module) if why(reason) == reason] == []


def test_a_reason_that_nobody_translated_would_be_noticed() -> None:
    module = ModuleType("late")
    vars(module)["NEW"] = "nobody has words for this yet"
    with speaking("he"):
        assert [why(reason) for reason in reasons(module)] == ["nobody has words for this yet"]


def test_nothing_that_a_gateway_says_is_shown_in_english() -> None:
    said = [
        *of_drivers(),
        *reasons(channels),
        "550 5.1.1 no such user",
        "twilio answered 400, code 21211",
        outbox.TOO_LATE,
    ]
    with speaking("he"):
        shown = [trouble(state, text) for state in ("failed", "unknown") for text in said]

    assert len(said) > 10, "the control: there are refusals to look at"
    assert [text for text in shown if re.search(r"[a-z]{2}", text)] == []


@pytest.mark.parametrize("language", ["en", "fi", "he"])
def test_an_sms_is_delivered_and_a_patient_arrives(language: str) -> None:
    with speaking(language):
        of_sms, of_visits = state("delivered"), " ".join([*words().values(), *came()])
        assert of_sms
        assert of_sms.lower() not in of_visits.lower()


def came() -> list[str]:
    """How the sheet says where a patient checked in."""
    return [_("Here, by SMS %(time)s"), _("%(name)s has arrived."), _("Arrived after all")]
