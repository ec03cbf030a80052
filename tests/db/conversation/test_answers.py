"""Whole conversations: what they answer, what we say, and what has become of the visits afterwards."""

from datetime import UTC, datetime

import pytest

from tests.db.conversation.script import play
from tests.db.conversation.talk import Talk
from turnet.conversation.meaning import Asked
from turnet.i18n import _, speaking

CONVERSATIONS = {
    "they come": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← 1
        → Thank you, see you Thu 3 Dec 09:20.
        : Dana confirmed
        desk: nothing
    """,
    "they say so twice, and much later once more": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← 1
        ← yes
        → Thank you, see you Thu 3 Dec 09:20.
        : Dana confirmed
        clock 2h
        ← ok
        → Thank you, see you Thu 3 Dec 09:20.
        desk: nothing
    """,
    "a mother and two children all come": """
        visit Anna Thu 09:20
        visit Eero Thu 10:00
        visit Dana Thu 10:40
        asks confirm Anna Eero Dana
        ← 1
        → Thank you, see you Thu 3 Dec: Anna 09:20, Eero 10:00, Dana 10:40.
        : Anna confirmed
        : Eero confirmed
        : Dana confirmed
    """,
    "of a family one cannot": """
        visit Dana Thu 09:20
        visit Omer Thu 10:00
        asks confirm Dana Omer
        ← 2
        → Who cannot come? A Dana 09:20, B Omer 10:00. Answer with a letter.
        ← B
        → All right. Would A Fri 4 Dec 10:00, B Mon 7 Dec 10:00 or C Tue 8 Dec 10:00 do? Held until 11:12. Your time stays unless you choose one.
        : Omer booked Thu 10:00
        ← b
        → Thank you. Your new time is Mon 7 Dec 10:00.
        : Omer booked Mon 10:00
        : Dana booked Thu 09:20
        desk: nothing
    """,
    "of a family one cannot, and is named": """
        visit Siiri Thu 09:20
        visit Onni Thu 10:00
        asks confirm Siiri Onni
        ← Onni cannot come
        → All right. Would A Fri 4 Dec 10:00, B Mon 7 Dec 10:00 or C Tue 8 Dec 10:00 do? Held until 11:12. Your time stays unless you choose one.
        in doubt: Onni
        clock 1h
        asks checkin Siiri Onni
        ← 1
        : Siiri confirmed
        : Onni booked
    """,
    "of a family each is named": """
        visit Siiri Thu 09:20
        visit Onni Thu 10:00
        asks confirm Siiri Onni
        ← siiri comes, onni cannot
        → Who cannot come? A Siiri 09:20, B Onni 10:00. Answer with a letter.
        ← Onni
        → All right. Would A Fri 4 Dec 10:00, B Mon 7 Dec 10:00 or C Tue 8 Dec 10:00 do? Held until 11:12. Your time stays unless you choose one.
        in doubt: Onni
        : Siiri booked
    """,
    "a time is chosen after the desk was told that none was": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← 2
        clock 40m
        desk: cannot_come
        ← B
        ← A
        desk: nothing
        in doubt: nobody
    """,
    "only the named one is confirmed": """
        visit Dana Thu 09:20
        visit Omer Thu 10:00
        asks confirm Dana Omer
        ← A yes
        → Thank you, see you Thu 3 Dec: Dana 09:20.
        : Dana confirmed
        : Omer booked
    """,
    "one comes and one cannot": """
        visit Dana Thu 09:20
        visit Omer Thu 10:00
        asks confirm Dana Omer
        ← A yes, B no
        → Who cannot come? A Dana 09:20, B Omer 10:00. Answer with a letter.
        : Dana booked
        ← B
        → All right. Would A Fri 4 Dec 10:00, B Mon 7 Dec 10:00 or C Tue 8 Dec 10:00 do? Held until 11:12. Your time stays unless you choose one.
        : Dana booked
        : Omer booked
    """,
    "they cannot, and choose": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← 2
        → All right. Would A Fri 4 Dec 09:20, B Mon 7 Dec 09:20 or C Tue 8 Dec 09:20 do? Held until 11:12. Your time stays unless you choose one.
        : Dana booked Thu 09:20
        clock 29m
        ← C
        → Thank you. Your new time is Tue 8 Dec 09:20.
        : Dana booked Tue 09:20
        ← c
        → nothing
        desk: nothing
        ← A
        → Thank you, the desk will read this. Urgent: 0300 00116
        : Dana booked Tue 09:20
        desk: unclear
    """,
    "they cannot, and nothing suits": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← 2
        → All right. Would A Fri 4 Dec 09:20, B Mon 7 Dec 09:20 or C Tue 8 Dec 09:20 do? Held until 11:12. Your time stays unless you choose one.
        ← none
        : Dana booked Thu 09:20
        desk: cannot_come
    """,
    "they cannot, and choose nothing": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← 2
        → All right. Would A Fri 4 Dec 09:20, B Mon 7 Dec 09:20 or C Tue 8 Dec 09:20 do? Held until 11:12. Your time stays unless you choose one.
        desk: nothing
        clock 31m
        desk: cannot_come
        : Dana booked Thu 09:20
        ← A
        → That time is no longer held. Would A Fri 4 Dec 09:20, B Mon 7 Dec 09:20 or C Tue 8 Dec 09:20 do? Held until 11:43. Your time stays unless you choose one.
        : Dana booked Thu 09:20
        clock 31m
        ← A
        → Those times are no longer held. Your time Thu 3 Dec 09:20 stays. Call us: 0300 00140
        in doubt: Dana
        desk: cannot_come
    """,
    "a time that is chosen late is still to be had": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← 2
        clock 40m
        ← B
        ← B
        : Dana booked Mon 09:20
        in doubt: nobody
    """,
    "too late for other times": """
        visit Dana Tue 13:20
        asks confirm Dana
        ← 2
        → All right. Would A Wed 2 Dec 13:20, B Thu 3 Dec 13:20 or C Fri 4 Dec 13:20 do? Held until 11:12. Your time stays unless you choose one.
        clock 60m
        ← A
        → Those times are no longer held. Your time Tue 1 Dec 13:20 stays. Call us: 0300 00140
        : Dana booked Tue 13:20
        in doubt: Dana
    """,
    "a choice after the desk is done": """
        visit Dana Tue 13:20
        asks confirm Dana
        ← 2
        clock 60m
        finishes
        in doubt: nobody
        ← none
        in doubt: Dana
        : Dana booked Tue 13:20
        desk: cannot_come
    """,
    "what they chose is gone: three others, once": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← 2
        → All right. Would A Fri 4 Dec 09:20, B Mon 7 Dec 09:20 or C Tue 8 Dec 09:20 do? Held until 11:12. Your time stays unless you choose one.
        gone
        ← A
        → That time is no longer held. Would A Fri 4 Dec 09:20, B Mon 7 Dec 09:20 or C Tue 8 Dec 09:20 do? Held until 11:12. Your time stays unless you choose one.
        gone
        ← A
        → The desk reads this and gets back to you. Or call 0300 00140.
        : Dana booked Thu 09:20
        desk: cannot_come
    """,
    "our own question is answered after changes have ended": """
        visit Dana Wed 09:20
        asks confirm Dana
        ← 2
        → All right. Would A Thu 3 Dec 09:20, B Fri 4 Dec 09:20 or C Mon 7 Dec 09:20 do? Held until 11:12. Your time stays unless you choose one.
        : Dana booked Wed 09:20
        desk: nothing
        ← A
        → Thank you. Your new time is Thu 3 Dec 09:20.
        : Dana booked Thu 09:20
        desk: nothing
    """,
    "less than two hours before nobody else can take the time": """
        visit Dana Tue 14:00
        asks confirm Dana
        clock 80m
        ← 2
        → The desk reads this and gets back to you. Or call 0300 00140.
        : Dana booked Tue 14:00
        desk: cannot_come
    """,
    "they came, said so, and the dentist is late": """
        visit Dana Tue 14:00
        asks checkin Dana
        clock 3h
        late 10
        ← 1
        → Thank you, you are checked in. Waiting room 2. About 10 min late.
        : Dana arrived
        desk: nothing
        ← 1
        → nothing
        : Dana arrived
    """,
    "too early, and again at the door": """
        visit Dana Tue 14:00
        asks checkin Dana
        ← 1
        → Good, you are coming. Send 1 again at the door.
        : Dana confirmed
        clock 3h
        ← 1
        → Thank you, you are checked in. Waiting room 2.
        : Dana arrived
    """,
    "on the way is not here": """
        visit Dana Tue 14:00
        asks checkin Dana
        clock 3h
        ← ok
        → Good, you are coming. Send 1 again at the door.
        : Dana confirmed
        ← here
        → Thank you, you are checked in. Waiting room 2.
        : Dana arrived
    """,
    "a family is here, one of them": """
        visit Dana Tue 14:00
        visit Omer Tue 14:40
        asks checkin Dana Omer
        clock 3h
        ← A here
        → Thank you, checked in: Dana. Waiting room 2.
        : Dana arrived
        : Omer booked
    """,
    "a family is here, and one was moved": """
        visit Dana Tue 14:00
        visit Omer Tue 14:40
        asks checkin Dana Omer
        moves Omer Fri 10:00
        clock 3h
        ← 1
        → Thank you, checked in: Dana. Waiting room 2.
        : Dana arrived
        : Omer booked Fri 10:00
        desk: changed
    """,
    "half an hour after the start is too late": """
        visit Dana Tue 14:00
        asks checkin Dana
        clock 5h
        ← 1
        → This answer comes too late. Call us: 0300 00140
        : Dana booked
        desk: late
    """,
    "moved at the desk meanwhile": """
        visit Dana Thu 09:20
        asks confirm Dana
        moves Dana Fri 10:00
        ← 1
        desk: changed
        : Dana booked Fri 10:00
    """,
    "cancelled at the desk meanwhile": """
        visit Dana Thu 09:20
        asks confirm Dana
        cancels Dana
        ← 1
        desk: changed
        : Dana cancelled
    """,
    "a family comes, and one was cancelled": """
        visit Dana Thu 09:20
        visit Omer Thu 10:00
        asks confirm Dana Omer
        cancels Dana
        ← 1
        → Thank you, see you Thu 3 Dec: Omer 10:00.
        : Omer confirmed
        desk: changed
    """,
    "a family cannot, and one was cancelled": """
        visit Dana Thu 09:20
        visit Omer Thu 10:00
        asks confirm Dana Omer
        cancels Dana
        ← 2
        → The desk reads this and gets back to you. Or call 0300 00140.
        : Omer booked
        desk: changed
    """,
    "moved while they choose": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← 2
        → All right. Would A Fri 4 Dec 09:20, B Mon 7 Dec 09:20 or C Tue 8 Dec 09:20 do? Held until 11:12. Your time stays unless you choose one.
        moves Dana Wed+ 10:00
        ← A
        desk: changed
        : Dana booked Wed 10:00
    """,
    "they change their mind": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← 1
        → Thank you, see you Thu 3 Dec 09:20.
        ← 2
        → All right. Would A Fri 4 Dec 09:20, B Mon 7 Dec 09:20 or C Tue 8 Dec 09:20 do? Held until 11:12. Your time stays unless you choose one.
        ← A
        → Thank you. Your new time is Fri 4 Dec 09:20.
        : Dana booked Fri 09:20
    """,
    "two questions that one figure answers": """
        visit Dana Thu 09:20
        visit Omer Fri 10:00
        asks confirm Dana
        asks confirm Omer
        ← 1
        → Which of them do you mean? A Dana Thu 3 Dec 09:20, B Omer Fri 4 Dec 10:00. Answer with a letter.
        : Dana booked
        : Omer booked
        ← A
        → Thank you, see you Thu 3 Dec: Dana 09:20.
        : Dana confirmed
        : Omer booked
    """,
    "asked back once, then a person reads it": """
        visit Dana Thu 09:20
        visit Omer Fri 10:00
        asks confirm Dana
        asks confirm Omer
        ← 1
        → Which of them do you mean? A Dana Thu 3 Dec 09:20, B Omer Fri 4 Dec 10:00. Answer with a letter.
        ← 1
        → Thank you, the desk will read this. Urgent: 0300 00116
        desk: unclear
        : Dana booked
        : Omer booked
    """,
    "a reminder and a check-in of the same visit are one question": """
        visit Dana Tue 14:00
        asks confirm Dana
        asks checkin Dana
        clock 3h
        ← 1
        → Thank you, you are checked in. Waiting room 2.
        : Dana arrived
    """,
    "thanks are for nobody to read": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← Thank you!
        → nothing
        desk: nothing
        : Dana booked
        ← 1
        → Thank you, see you Thu 3 Dec 09:20.
        ← thanks, see you
        → nothing
        desk: nothing
    """,
    "content with the new time": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← 2
        ← A
        : Dana booked Fri 09:20
        → All right. Would A Fri 4 Dec 09:20, B Mon 7 Dec 09:20 or C Tue 8 Dec 09:20 do? Held until 11:12. Your time stays unless you choose one.
        → Thank you. Your new time is Fri 4 Dec 09:20.
        ← ok
        ← 👍
        → nothing
        desk: nothing
        : Dana booked Fri 09:20
        ← 1
        → Thank you, the desk will read this. Urgent: 0300 00116
        desk: unclear
    """,
    "a question of their own": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← Can I bring my dog?
        → Thank you, the desk will read this. Urgent: 0300 00116
        desk: unclear
        ← It is a small one
        → nothing
        : Dana booked
        ← 1
        → Thank you, see you Thu 3 Dec 09:20.
        : Dana confirmed
        desk: unclear
    """,
    "nobody asked them anything": """
        ← 1
        → Thank you, the desk will read this. Urgent: 0300 00116
        desk: unclear
    """,
    "no more messages, in answer to a reminder": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← stop
        → You get no more such messages. Messages about times you book still come.
        : Dana booked
        desk: nothing
        ← stop
        → nothing
        ← start
        → All right, you get these messages again.
        ← 1
        → Thank you, see you Thu 3 Dec 09:20.
        : Dana confirmed
    """,
    "cancel is for a person, and cancels nothing": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← cancel
        → You get no more such messages. This cancels no visit: for that, call 0300 00116.
        : Dana booked Thu 09:20
        desk: wants_out
    """,
    "more than five in ten minutes": """
        visit Dana Thu 09:20
        ← one
        → Thank you, the desk will read this. Urgent: 0300 00116
        ← two
        ← three
        ← four
        ← five
        asks confirm Dana
        ← 1
        → nothing
        : Dana booked
        desk: often
        clock 11m
        ← 1
        → Thank you, see you Thu 3 Dec 09:20.
        : Dana confirmed
    """,
    "a telephone that answers by itself": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← I'm driving with Do Not Disturb turned on. I'll see your message when I get where I'm going.
        → nothing
        desk: nothing
        : Dana booked
    """,
    "a score, and why": """
        visit Dana Tue 14:00
        asks score Dana
        ← 9
        → Thank you. What did we do well when we met you?
        ← Everybody was kind
        → Thank you, we read every word.
        desk: nothing
    """,
    "a low score, and why": """
        visit Dana Tue 14:00
        asks score Dana
        ← 3
        → Thank you for being frank. What should have been different?
        ← I waited for an hour
        → Thank you, we read every word.
        desk: score
    """,
    "another number is another score, and not what they have to say": """
        visit Dana Tue 14:00
        asks score Dana
        ← 3
        → Thank you for being frank. What should have been different?
        ← 9
        → Thank you. What did we do well when we met you?
        said Dana
        scored Dana 9
        ← Everybody was kind
        → Thank you, we read every word.
        said Dana Everybody was kind
        desk: nothing
    """,
    "a low score, and why at once": """
        visit Dana Tue 14:00
        asks score Dana
        ← 3, I waited for an hour
        → Thank you for being frank. What should have been different?
        said Dana 3, I waited for an hour
        desk: score
    """,
    "a score and thanks": """
        visit Dana Tue 14:00
        asks score Dana
        ← 9/10 thanks
        → Thank you. What did we do well when we met you?
        said Dana
        desk: nothing
    """,
    "a question where words were asked for": """
        visit Dana Tue 14:00
        asks score Dana
        ← 10
        → Thank you. What did we do well when we met you?
        ← All fine. When is my next visit?
        → Thank you, we read every word.
        desk: score
    """,
    "who cannot come is not confirmed with the others": """
        visit Anna Tue 14:00
        visit Eero Tue 14:40
        asks confirm Anna Eero
        ← 2
        in doubt: Anna Eero
        ← B
        in doubt: Eero
        ← none
        in doubt: Eero
        asks checkin Anna Eero
        ← 1
        : Anna confirmed
        : Eero booked
        clock 3h
        ← 1
        : Anna arrived
        : Eero booked
        in doubt: Eero
        desk: cannot_come
        clock 30m
        ← b here
        : Eero arrived
        in doubt: nobody
    """,
    "they come after all, and say so of that one": """
        visit Anna Thu 09:20
        visit Eero Thu 10:00
        asks confirm Anna Eero
        ← b 2
        → All right. Would A Fri 4 Dec 10:00, B Mon 7 Dec 10:00 or C Tue 8 Dec 10:00 do? Held until 11:12. Your time stays unless you choose one.
        in doubt: Eero
        clock 31m
        ← 1
        → Thank you, see you Thu 3 Dec: Anna 09:20.
        : Anna confirmed
        : Eero booked
        ← b 1
        → Thank you, see you Thu 3 Dec: Eero 10:00.
        : Eero confirmed
        in doubt: nobody
        clock 1m
        ← b 2
        in doubt: Eero
        clock 31m
        ← b 1
        in doubt: nobody
    """,
    "content that the desk looks at it is not coming": """
        visit Dana Tue 14:00
        asks confirm Dana
        clock 80m
        ← 2
        → The desk reads this and gets back to you. Or call 0300 00140.
        in doubt: Dana
        ← ok
        → nothing
        : Dana booked
        in doubt: Dana
        clock 1m
        ← 1
        : Dana confirmed
        in doubt: nobody
    """,
    "nobody of them can": """
        visit Anna Tue 14:00
        visit Eero Tue 14:40
        asks checkin Anna Eero
        ← a 2
        ← none
        ← b 2
        ← none
        in doubt: Anna Eero
        clock 3h
        ← 1
        : Anna booked
        : Eero booked
        desk: cannot_come
    """,
    "nobody says who": """
        visit Anna Thu 09:20
        visit Eero Thu 10:00
        asks confirm Anna Eero
        ← 2
        clock 3h
        in doubt: Anna Eero
        desk: cannot_come
        moves Anna Fri 10:00
        in doubt: Eero
        marks Eero confirmed
        in doubt: nobody
    """,
    "the desk is done with it, and what comes later is another matter": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← 2
        ← none
        in doubt: Dana
        clock 1m
        finishes
        in doubt: nobody
        ← Is there a lift?
        desk: unclear
        in doubt: nobody
    """,
    "it waits beside another matter": """
        visit Dana Thu 09:20
        ← Is there a lift?
        clock 1m
        asks confirm Dana
        ← 2
        clock 31m
        desk: cannot_come
        in doubt: Dana
        cancels Dana
        in doubt: nobody
    """,
    "at the door after the window": """
        visit Dana Tue 14:00
        asks checkin Dana
        clock 237m
        ← here
        → Good that you are here. Tell us at the desk.
        : Dana booked
        desk: late
        ← 1
        → Good that you are here. Tell us at the desk.
        clock 3h
        ← here
        → This answer comes too late. Call us: 0300 00140
    """,
    "here, said to a reminder after the start": """
        visit Dana Tue 14:00
        asks confirm Dana
        ← 1
        : Dana confirmed
        clock 205m
        ← here
        → Thank you, you are checked in. Waiting room 2.
        : Dana arrived
    """,
    "what we said comes back": """
        visit Dana Thu 09:20
        asks confirm Dana
        ← 1
        → Thank you, see you Thu 3 Dec 09:20.
        ← Thank you,  see you thu 3 Dec 09:20.
        → nothing
        desk: nothing
    """,
}  # fmt: skip


@pytest.mark.parametrize("script", CONVERSATIONS.values(), ids=[name.replace(" ", "_") for name in CONVERSATIONS])
async def test_conversation(talk: Talk, script: str) -> None:
    await play(talk, script)


FINNISH = """
    visit Dana Thu 09:20
    visit Eero Thu 10:00
    asks confirm Dana Eero
    ← en pääse
    → Who cannot come? A Dana 9.20, B Eero 10.00. Answer with a letter.
    ← A
    → All right. Would A pe 4.12. 9.20, B ma 7.12. 9.20 tai C ti 8.12. 9.20 do? Held until 11:12. Your time stays unless you choose one.
    ← B
    : Dana booked Mon 09:20
"""
HEBREW = """
    visit Dana Thu 09:20
    visit Omer Thu 10:00
    asks confirm Dana Omer
    ← לא יכולים
    → Who cannot come? א Dana 09:20, ב Omer 10:00. Answer with a letter.
    ← ב
    → All right. Would א 4.12 10:00 ב 7.12 10:00 ג 8.12 10:00 do? Held until 11:12. Your time stays unless you choose one.
    ← ג
    : Omer booked Tue 10:00
    : Dana booked Thu 09:20
"""


@pytest.mark.parametrize(("language", "script"), [("fi", FINNISH), ("he", HEBREW)])
async def test_in_their_language(talk: Talk, language: str, script: str) -> None:
    """The words of the sentences come with the translations; letters, dates and times are said already."""
    talk.language = language
    await play(talk, _untranslated(script, language))


def _untranslated(script: str, language: str) -> str:
    """What we say is compared only as long as nobody has translated it."""
    with speaking(language):
        translated = _("Thank you, see you %(when)s.") != "Thank you, see you %(when)s."
    return "\n".join(line for line in script.splitlines() if not (translated and line.strip().startswith("→")))


@pytest.mark.parametrize("wrong", [": Dana booked", "desk: unclear", "→ nothing"])
async def test_control_a_wrong_script_fails(talk: Talk, wrong: str) -> None:
    with pytest.raises(AssertionError):
        await play(talk, f"visit Dana Thu 09:20\n asks confirm Dana\n ← 1\n {wrong}")


async def test_in_the_night_that_has_an_hour_twice(talk: Talk) -> None:
    """Summer time ends at 04:00 on 31 October 2027; the question is open until its instant, not until its wall time."""
    talk.clock.at = datetime(2027, 10, 30, 20, 0, tzinfo=UTC)
    visit = await talk.book("Dana Levi", "2027-11-01T09:20+02:00")
    await talk.ask(Asked.CONFIRM, "Dana")
    talk.clock.at = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)  # 03:30 for the second time

    assert await talk.them("1") == "confirmed"

    assert await talk.us() == ["Thank you, see you Mon 1 Nov 09:20."]
    assert (await talk.state("Dana"), visit.starts_at.hour) == ("confirmed", 7)


async def test_offers_across_the_night_that_has_an_hour_twice(talk: Talk) -> None:
    talk.clock.at = datetime(2027, 10, 27, 6, 0, tzinfo=UTC)
    await talk.book("Dana Levi", "2027-10-29T09:20+03:00")
    await talk.ask(Asked.CONFIRM, "Dana")

    await talk.them("2")

    [text] = await talk.us()
    assert text.startswith("All right. Would A Mon 1 Nov 09:20, B Tue 2 Nov 09:20 or C Wed 3 Nov 09:20 do?")


async def test_a_clock_that_leaps_back_confirms_nothing_that_is_over(talk: Talk) -> None:
    await talk.book("Dana Levi", "2026-12-03T09:20+02:00")
    await talk.ask(Asked.CONFIRM, "Dana")
    talk.clock.advance(days=3)
    late = await talk.them("1")
    talk.clock.advance(days=-3)

    assert (late, await talk.state("Dana")) == ("late", "booked")
    assert await talk.them("1") == "late"
