"""Why a message was not sent is said in the reader's language, whatever the code calls it."""

from types import ModuleType

import pytest

from turnet.feedback import model as feedback
from turnet.i18n import speaking
from turnet.messaging import deliver, held, limits, matter, outbox, refusals, texting
from turnet.reminders import rules, steps
from turnet.web.desk.told.sent_words import why

MODULES = (feedback, deliver, held, limits, matter, outbox, refusals, rules, steps, texting)
NO_REASONS = {matter.NOTHING_LEFT}
"""Left out of the list: why stands with each step."""


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
    return sentences - NO_REASONS


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
