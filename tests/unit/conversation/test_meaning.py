"""Answers by SMS: a corpus in which doing harm counts first, and what holds for any text."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from turnet.conversation.meaning import UNCLEAR, Asked, Meaning, Reading, read

CORPUS = Path(__file__).parents[2] / "data" / "replies.toml"
GROUPS: list[dict[str, Any]] = tomllib.loads(CORPUS.read_text(encoding="utf-8"))["group"]
HARM = [group for group in GROUPS if group.get("harm")]
MUST_NOT_ACT = [group for group in HARM if group["want"] == "unclear"]


def reading(want: str) -> Reading:
    """`letters A B`, `score 9` and `stop out` as the corpus writes them."""
    meaning, *rest = want.split()
    if meaning == "score":
        return Reading(Meaning.SCORE, score=int(rest[0]))
    if rest == ["out"]:
        return Reading(Meaning(meaning), wants_out=True)
    return Reading(Meaning(meaning), tuple(rest))


Reader = Callable[[str, dict[str, Any]], Reading]


def ours(text: str, group: dict[str, Any]) -> Reading:
    return read(text, Asked(group["asked"]), language=group["language"], letters=group.get("letters", ()))


def wrong(group: dict[str, Any], reader: Reader = ours) -> dict[str, Reading]:
    """The replies of a group that are read otherwise than wanted, and how."""
    wanted = {text: reading(group.get("except", {}).get(text, group["want"])) for text in group["replies"]}
    return {text: got for text, want in wanted.items() if (got := reader(text, group)) != want}


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: f"{group['asked']}-{group['language']}-{group['name']}")
def test_reply_is_read_as_a_receptionist_would(group: dict[str, Any]) -> None:
    assert wrong(group) == {}


def test_corpus_is_large_and_names_each_exception() -> None:
    replies = {
        (group["asked"], group["language"], *group.get("letters", ()), text)
        for group in GROUPS
        for text in group["replies"]
    }

    assert len(replies) >= 1500
    assert sum(len(group["replies"]) for group in MUST_NOT_ACT) >= 700
    assert {group["language"] for group in GROUPS} == {"en", "fi", "he", "sv"}
    assert [text for group in GROUPS for text in group.get("except", {}) if text not in group["replies"]] == []


def by_containing(text: str, group: dict[str, Any]) -> Reading:
    """A reader as one would write it in ten minutes."""
    said = text.casefold()
    if any(word in said for word in ("2", "no", "cannot", "cancel", "ei", "en ", "peru", "לא", "ביטול", "👎")):
        return Reading(Meaning.CANNOT)
    if any(word in said for word in ("1", "yes", "ok", "coming", "kyllä", "tulen", "כן", "מגיע", "👍")):
        return Reading(Meaning.YES)
    return UNCLEAR


def test_control_looking_for_words_inside_a_text_does_harm() -> None:
    acted = [text for group in MUST_NOT_ACT if group["asked"] == "confirm" for text in wrong(group, by_containing)]

    assert len(acted) > 250
    assert [text for text in ("1 but can we move it?", "en peru", "לא לבטל", "12") if text not in acted] == []


WORDS = {
    "en": ("1 yes y ok confirm c coming", "2 no n change cannot", "here arrived i'm·here", "stop unsubscribe end quit"),
    "fi": ("1 kyllä kylla joo juu ok vahvistan tulen", "2 ei peru peruuta peruutan en·tule en·pääse estynyt", "saavuin tulin paikalla täällä olen·täällä", "stop lopeta poista"),
    "he": ("1 כן מאשר מאשרת אישור מגיע מגיעה אגיע בסדר", "2 לא ביטול בטל לבטל מבטל מבטלת לא·אגיע לא·מגיע לא·יכול", "הגעתי כאן אני·כאן פה בחוץ", "הסר הסרה להסיר"),
    "sv": ("ja", "nej", "här", "stopp"),
    "ru": ("да", "нет", "тут", "стоп"),
    "ar": ("نعم", "لا", "وصلت", "توقف"),
}  # fmt: skip
"""The table of reference/interop.md §5.2."""


@pytest.mark.parametrize("language", WORDS)
def test_every_word_of_the_table_is_read(language: str) -> None:
    for words, meaning in zip(WORDS[language], (Meaning.YES, Meaning.CANNOT, Meaning.HERE, Meaning.STOP), strict=True):
        texts = [word.replace("·", " ") for word in words.split()]

        assert {text: read(text, Asked.CONFIRM, language=language).meaning for text in texts} == dict.fromkeys(
            texts, meaning
        )


# --- what holds for any text

YES = [
    "1",
    "yes",
    "ok",
    "confirm",
    "coming",
    "I'm coming",
    "kyllä",
    "joo",
    "tulen",
    "vahvistan",
    "כן",
    "מאשר",
    "אני מגיע",
    "👍",
    "✅",
]
NO = ["2", "no", "n", "cannot", "not coming", "ei", "en tule", "en pääse", "לא", "לא אגיע", "ביטול", "peru", "👎", "❌"]
POLITE = ["thanks", "hi", "kiitos", "moi", "תודה", "שלום", "🙏"]
LANGUAGES = ("en", "fi", "he", "sv", "ru", "ar", "de")

languages = st.sampled_from(LANGUAGES)
kinds = st.sampled_from(Asked)
visits = st.sampled_from([Asked.CONFIRM, Asked.CHECKIN])
parting = st.sampled_from([", ", ". ", "\n", " – ", " 😊 ", " 🙏 "])


def test_words_of_the_properties_are_understood() -> None:
    """Else the properties below would hold for want of anything to read."""
    assert {word: read(word, Asked.CONFIRM, language="en").meaning for word in YES} == dict.fromkeys(YES, Meaning.YES)
    assert {word: read(word, Asked.CONFIRM, language="en").meaning for word in NO} == dict.fromkeys(NO, Meaning.CANNOT)


@given(st.data(), visits, languages)
def test_yes_and_no_in_one_text_is_neither(data: st.DataObject, asked: Asked, language: str) -> None:
    words = [
        data.draw(st.sampled_from(YES)),
        data.draw(st.sampled_from(NO)),
        *data.draw(st.lists(st.sampled_from(POLITE), max_size=2)),
    ]
    text = data.draw(parting).join(data.draw(st.permutations(words)))

    assert read(text, asked, language=language) == UNCLEAR


@given(
    st.sampled_from(YES + NO + ["here", "saavuin", "הגעתי"]),
    st.sampled_from(
        [
            " ?",
            "?",
            " but …",
            ", but later",
            " mutta",
            " אבל",
            " אם אפשר",
            " jos",
            " if",
            " 10:30",
            " 15",
            " maybe",
            " ehkä",
            " אולי",
        ]
    ),
    visits,
    languages,
)
def test_anything_added_that_is_not_polite_makes_it_unclear(word: str, more: str, asked: Asked, language: str) -> None:
    assert read(word + more, asked, language=language) == UNCLEAR


@given(
    st.lists(st.sampled_from(YES + NO + POLITE), min_size=1, max_size=4),
    st.integers(0, 4),
    st.sampled_from(["move", "myöhemmin", "מאוחר", "Anna", "7", "wait", "🤔"]),
    visits,
    languages,
)
def test_one_word_that_nobody_listed_makes_it_unclear(
    words: list[str], place: int, stranger: str, asked: Asked, language: str
) -> None:
    assert read(" ".join([*words[:place], stranger, *words[place:]]), asked, language=language) == UNCLEAR


@given(st.text(), kinds, languages, st.sampled_from([(), ("A",), ("A", "B", "C")]))
@example("\ud800", Asked.CONFIRM, "he", ())
@example("٣" * 5000, Asked.SCORE, "ar", ())
@example("((((|", Asked.TIMES, "en", ("A",))
def test_any_text_is_read(text: str, asked: Asked, language: str, letters: tuple[str, ...]) -> None:
    got = read(text, asked, language=language, letters=letters)

    assert set(got.letters) <= set(letters or "ABC")
    assert (got.score is not None) == (got.meaning is Meaning.SCORE) and got.score in {None, *range(11)}
    assert not got.wants_out or got.meaning is Meaning.STOP


PLAIN = [
    (text, group)
    for group in GROUPS
    if not group.get("harm") and group["asked"] in {"confirm", "checkin", "times", "which"}
    for text in group["replies"]
]


@given(
    st.sampled_from(PLAIN),
    st.sampled_from([str, str.upper, str.title, str.casefold]),
    st.sampled_from(["", " ", "\u200f", "\u202b", "«", "*", "“", "- "]),
    st.sampled_from(["", ".", "!", "!!!", " …", "\u200e", "\u202c", " )", "\n", "\ufe0f"]),
)
def test_case_marks_and_punctuation_around_it_change_nothing(
    reply: tuple[str, dict[str, Any]], cased: Callable[[str], str], before: str, after: str
) -> None:
    text, group = reply

    assert ours(before + cased(text) + after, group) == ours(text, group)
