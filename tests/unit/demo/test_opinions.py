"""What made-up people say is about how they were met: in the three languages, of every mood, and never about treatment."""

import re
from random import Random

import pytest

from turnet.demo import opinions

TREATMENT = re.compile(
    r"\b(tooth|teeth|filling|root|drill|numb\b|pain|gums|hammas|hampa|paikka|juuri|pora|puudut|kipu|särky|ikene"
    r"|שיניים|סתימה|שורש|קידוח|הרדמה|כאב|חניכיים)",
    re.IGNORECASE,
)


@pytest.mark.parametrize("language", ["en", "fi", "he"])
def test_words_are_about_meeting_people(language: str) -> None:
    rng = Random(1)
    said = {(score, opinions.words(rng, score, language)) for score in opinions.SCORES for _n in range(60)}

    assert [words for _score, words in said if TREATMENT.search(words)] == []
    moods = [{words for score, words in said if low <= score <= high} for low, high in ((0, 6), (7, 8), (9, 10))]
    assert [len(moods[0] & moods[1]), len(moods[1] & moods[2]), len(moods[0] & moods[2])] == [0, 0, 0]
    assert min(map(len, moods)) >= 3
    assert TREATMENT.search("The filling hurt") is not None
