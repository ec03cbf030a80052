"""They say how it went: a score, then what they think of how we met them."""

from turnet.booking.queries import visits_by_id
from turnet.conversation import prompts
from turnet.conversation.meaning import QUESTION, Asked, Reading, read
from turnet.conversation.prompts import OPINION, Open, Subject
from turnet.conversation.score import says_more
from turnet.conversation.service.case import Case, hand_over, reply
from turnet.conversation.service.thread import to_desk
from turnet.errors import NotAllowed
from turnet.feedback.service import commented, scored

BY = "sms"


async def scores(case: Case, prompt: Open, reading: Reading) -> str:
    """Writes the score down, with the words that came with it, and asks the question that fits it."""
    assert reading.score is not None, "a score is a number"
    if not await _theirs(case, prompt):
        return await hand_over(case, "changed")
    words = case.inbound.text if says_more(case.inbound.text, case.language) else ""
    return await _scored(case, prompt, reading.score, words)


async def _theirs(case: Case, prompt: Open) -> bool:
    """Is whoever was seen still reached at this telephone? Another may have it by now."""
    return all(visit.phone == case.phone for visit in await visits_by_id(prompt.visits))


async def _scored(case: Case, prompt: Open, score: int, words: str = "", *, corrects: bool = False) -> str:
    [subject, *_others] = prompt.subjects
    await prompts.end(prompt.id, "answered", now=case.now)
    try:
        found = await scored(case.act, case.clinic, subject.booking, score, comment=words, by=BY)
    except NotAllowed:  # they said so long ago, by the link
        return "again"
    if found.again and not corrects:
        return "again"
    if words and found.low:
        await to_desk(case.phone, "score", now=case.now)
    kept = Subject(subject.booking, subject.visit_no, subject.letter, wish={"low": found.low})
    await prompts.open_one(
        case.phone, prompt.our_number, Asked.WHY, [kept], language=case.language, until=case.now + OPINION, now=case.now
    )
    await reply(case, "why_low" if found.low else "why_high", await visits_by_id([subject.booking]))
    return "scored"


def another_score(case: Case) -> int | None:
    """The number, where that is all they say and it answers nothing else: 1 and 2 are what reminders ask for."""
    number = read(case.inbound.text, Asked.SCORE, language=case.language).score
    return None if number in (1, 2) or says_more(case.inbound.text, case.language) else number


async def tells(case: Case, prompt: Open, _reading: Reading) -> str:
    """Keeps the words; a number alone is another score. A person reads words too where the score was low or they ask."""
    text = case.inbound.text
    if not await _theirs(case, prompt):
        return await hand_over(case, "changed")
    if (number := another_score(case)) is not None:
        return await _scored(case, prompt, number, corrects=True)
    [subject, *_others] = prompt.subjects
    await commented(case.act, case.clinic, subject.booking, text, by=BY)
    await prompts.end(prompt.id, "answered", now=case.now)
    if subject.wish.get("low") or QUESTION.search(text):
        await to_desk(case.phone, "score", now=case.now)
    await reply(case, "thanks", await visits_by_id([subject.booking]))
    return "commented"
