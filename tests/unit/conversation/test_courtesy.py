"""What is only polite, and what asks for somebody."""

import pytest

from turnet.conversation.courtesy import content, thanks


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Thank you!", "en"),
        ("ok thanks, see you", "en"),
        ("🙏", "en"),
        ("Kiitos", "fi"),
        ("תודה רבה", "he"),
        ("hi, thanks a lot", "en"),
    ],
)
def test_thanks(text: str, language: str) -> None:
    assert thanks(text, language)
    assert content(text, language)


@pytest.mark.parametrize(("text", "language"), [("ok", "en"), ("👍", "en"), ("great", "en"), ("בסדר", "he")])
def test_content_alone_is_no_thanks(text: str, language: str) -> None:
    assert (thanks(text, language), content(text, language)) == (False, True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "thanks, can I come at ten?",
        "thanks but no",
        "1",
        "yes",
        "no thanks",
        "thanks, running late",
        "sorry",
    ],
)
def test_control_anything_more_is_for_somebody(text: str) -> None:
    assert not thanks(text, "en")
    assert not content(text, "en")
