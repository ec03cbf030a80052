"""The list of words: nothing in it contradicts itself or is missing where a language is complete."""

from collections import Counter

from turnet.conversation.words import _data, _expanded, lexicon, normal

COMPLETE = {"en", "fi", "he"}


def test_a_phrase_says_one_thing_in_a_language() -> None:
    for language, senses in _data().items():
        said = Counter(
            (normal(phrase), sense)
            for sense, patterns in senses.items()
            if sense != "numbers"
            for pattern in patterns
            for phrase in set(_expanded(pattern))
        )
        phrases = Counter(phrase for phrase, _ in said)

        assert {phrase: number for phrase, number in phrases.items() if number > 1 or not phrase} == {}, language


def test_complete_languages_have_words_for_everything() -> None:
    needed = set.union(*(set(_data()[language]) for language in COMPLETE)) - {"cancel", "doubtful"}

    assert {language: sorted(needed - set(_data()[language])) for language in COMPLETE} == {
        language: [] for language in COMPLETE
    }
    assert all(set(lexicon(language).numbers.values()) == set(range(11)) for language in COMPLETE)


def test_brackets_are_choices() -> None:
    assert {normal(phrase) for phrase in _expanded("(a|b (c|d)|) e")} == {"a e", "b c e", "b d e", "e"}


def test_own_language_decides_where_two_disagree() -> None:
    assert [lexicon(language).senses[("no",)] for language in ("en", "fi")] == ["no", "doubtful"]
    assert [lexicon(language).senses[("ja",)] for language in ("fi", "sv", "en")] == ["and", "yes", "and"]
