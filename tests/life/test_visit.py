"""Whole lives of visits by SMS alone, from booking to a score, as somebody with the demo open plays them."""

import pytest

from tests.life.conftest import WAITING
from tests.life.script import Life

pytestmark = pytest.mark.slow

ANNA = """
    books Anna Thu 10 11:20 by phone and mail
    ✉ …Thu 10 Dec…11:20…

    clock Tue 8 11:19
    clock Tue 8 11:20
    ✉ …Thu 10 Dec…11:20…

    clock Wed 9 11:19
    : Anna booked Thu 10 11:20
    clock Wed 9 11:20
    → Tuomi Dental: a reminder, your time is Thu 10 Dec 11:20. Answer 1 = coming, 2 = cannot.
    ← 1
    → Thank you, see you Thu 10 Dec 11:20.
    : Anna confirmed Thu 10 11:20

    clock Thu 10 09:19
    clock Thu 10 09:20
    → Tuomi Dental: when you are here, answer 1 and you are checked in. Your time is 11:20.
    ← 1
    → Good, you are coming. Send 1 again at the door.
    : Anna confirmed
    clock Thu 10 11:08
    ← 1
    → Thank you, you are checked in. Waiting room 2, 1st floor.
    : Anna arrived
    inbox: nothing

    clock Thu 10 11:20
    desk: Anna in_room
    clock Thu 10 11:50
    desk: Anna done
    : Anna done

    clock Fri 11 11:59
    clock Fri 11 12:00
    → Tuomi Dental: how likely are you to recommend us? Answer 0-10 (10 = very).
    ← 9
    → Thank you. What did we do well when we met you?
    ← You remembered my name.
    → Thank you, we read every word.
    feedback: 9 You remembered my name.
    inbox: nothing

    clock Thu 31 12:00
"""

FAMILY = """
    books Noa Thu 10 10:20 child
    → …
    books Ruti Thu 10 11:00
    → …
    books Eetu Thu 10 11:00 child
    → …

    clock Wed 9 10:20
    → Tuomi Dental: Thu 10 Dec Noa 10:20, Ruti 11:00, Eetu 11:00. Answer 1 = all come, 2 = change.
    ← 2
    → Who cannot come? A Noa 10:20, B Ruti 11:00, C Eetu 11:00. Answer with a letter.
    ← A
    → All right. Would A Fri 11 Dec 10:20, B Mon 14 Dec 10:20 or C Tue 15 Dec 10:20 do? Held until 10:50. Your time stays unless you choose one.
    : Noa booked Thu 10 10:20
    ← B
    → …Mon 14 Dec 10:20…
    : Noa booked Mon 14 10:20
    : Ruti booked Thu 10 11:00
    : Eetu booked Thu 10 11:00
    inbox: nothing

    clock Thu 10 09:00
    → Tuomi Dental: when you are here, answer 1 and you are checked in: Ruti 11:00, Eetu 11:00.
    clock Thu 10 10:45
    ← 1
    → Thank you, you are checked in. Waiting room 2, 1st floor.
    : Ruti arrived
    : Eetu arrived
    : Noa booked Mon 14 10:20
"""

NOTHING_CHOSEN = """
    books Anna Thu 10 11:20
    → …
    clock Wed 9 11:20
    → …Answer 1 = coming, 2 = cannot.
    ← sorry, cannot make it
    → All right. Would A …, B … or C … do? Held until … Your time stays unless you choose one.
    inbox: nothing
    clock Wed 9 11:49
    inbox: nothing
    clock Wed 9 11:51
    inbox: Cannot come
    : Anna booked Thu 10 11:20
    ← C
    → …
    : Anna booked Thu 10 11:20
    inbox: Cannot come
"""

UNHAPPY = """
    books Anna Thu 10 11:20
    → …
    clock Wed 9 11:20
    → …
    ← 👍
    → Thank you, see you Thu 10 Dec 11:20.
    : Anna confirmed
    clock Thu 10 09:20
    → …
    clock Thu 10 11:15
    ← Here
    → Thank you, you are checked in. …
    : Anna arrived
    clock Fri 11 12:00
    → Tuomi Dental: how likely are you to recommend us? Answer 0-10 (10 = very).
    ← 3
    → Thank you for being frank. What should have been different?
    ← I waited half an hour and nobody said why.
    → Thank you, we read every word.
    feedback: 3 I waited half an hour and nobody said why.
    inbox: Was not happy
"""

EARLY_IN_THE_MORNING = """
    books Anna Thu 10 09:20
    → …
    clock Wed 9 09:20
    → Tuomi Dental: a reminder, your time is Thu 10 Dec 09:20. Answer 1 = coming, 2 = cannot. When you are here, answer 1.
    ← 1
    → Good, you are coming. Send 1 again at the door.
    : Anna confirmed
    clock Thu 10 09:10
    ← 1
    → Thank you, you are checked in. …
    : Anna arrived
"""

STRANGE_WORDS = """
    books Anna Thu 10 11:20
    → …
    clock Wed 9 11:20
    → …
    ← maybe, if the tram runs. What does it cost?
    → Thank you, the desk will read this. …
    inbox: Not understood
    : Anna booked Thu 10 11:20
    ← 1
    → Thank you, see you Thu 10 Dec 11:20.
    : Anna confirmed
"""

LIVES = {
    "from booking to the chart": ANNA,
    "a mother and two children on one phone": FAMILY,
    "cannot come, and nothing chosen": NOTHING_CHOSEN,
    "unhappy, without a word from the desk": UNHAPPY,
    "too early in the morning for a check-in of its own": EARLY_IN_THE_MORNING,
    "words that no machine should answer": STRANGE_WORDS,
}


@pytest.mark.parametrize("script", LIVES.values(), ids=LIVES)
async def test_life(life: Life, script: str) -> None:
    await life.play(script)


IN_OTHER_WORDS = {
    "he": {"yes": "כן", "here": "הגענו", "why": "זכרתם את השם שלי"},
    "fi": {"yes": "Kyllä, tulen", "here": "Perillä", "why": "Muistitte nimeni"},
}
SAME = """
    books Anna Thu 10 11:20
    → …
    clock Wed 9 11:20
    → …11{at}20…1…2…
    ← {yes}
    → …11{at}20…
    : Anna confirmed
    clock Thu 10 09:20
    → …1…11{at}20…
    clock Thu 10 11:08
    ← {here}
    → …{waiting}
    : Anna arrived
    clock Fri 11 12:00
    → …10…
    ← 10
    → …
    ← {why}
    → …
    feedback: 10 {why}
    inbox: nothing
"""
"""The words of ours come with the translations; numbers and the clinic's own are said already."""


@pytest.mark.parametrize("language", IN_OTHER_WORDS)
async def test_life_in_other_languages(life: Life, language: str) -> None:
    said = {"at": "." if language == "fi" else ":", "waiting": WAITING[language]}
    await life.play(SAME.format(**said, **IN_OTHER_WORDS[language]), language)


async def test_a_script_that_is_not_so_fails(life: Life) -> None:
    """The control: what was not told, or told otherwise, is noticed."""
    with pytest.raises(AssertionError, match="at the end"):
        await life.play("books Anna Thu 10 11:20")
    with pytest.raises(AssertionError, match="before"):
        await life.play("clock Wed 9 11:20\n→ Tuomi Dental: see you.\n← 1")
    with pytest.raises(AssertionError, match="confirmed"):
        await life.play("← 1\n→ …\n: Anna booked")
