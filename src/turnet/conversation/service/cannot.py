"""They cannot come: who of them, three other times, and a letter moves the visit. Nothing is ever cancelled by SMS."""

from collections.abc import Sequence
from datetime import timedelta

from turnet.booking.doubts import doubts_of
from turnet.booking.model import Visit
from turnet.booking.queries import visits_by_id
from turnet.booking.service import drop_offers, offer_times, take_offer
from turnet.booking.service.offer import OFFER
from turnet.clock import minute
from turnet.conversation import prompts
from turnet.conversation.meaning import Asked, Meaning, Reading
from turnet.conversation.prompts import LETTERS, MOST, Open, Subject
from turnet.conversation.service.case import Case, hand_over, reply, stand, too_late, untrue
from turnet.conversation.service.coming import named
from turnet.conversation.service.thread import settled, to_desk
from turnet.db.versions import raise_diary
from turnet.errors import SlotTaken, TooLate
from turnet.scheduling.policy import may_move

HEARD_UNTIL = timedelta(hours=2)
"""Before a visit, after which who cannot come is called: too near for anybody else to take the time."""


async def cannot(case: Case, prompt: Open, reading: Reading) -> str:
    """Asks who, where there are several visits; else offers other times."""
    standing = await stand(case, named(prompt, reading.letters))
    await prompts.end(prompt.id, "answered", now=case.now)
    if standing.changed and standing.coming:  # whom they mean, and what they know of the others, is for a person
        await _keep(case, prompt, standing.coming, sure=bool(reading.letters))
        return await hand_over(case, "changed", visits=standing.coming)
    if standing.changed:
        return await untrue(case, standing.changed)
    if not standing.coming:
        await _keep(case, prompt, standing.begun, sure=bool(reading.letters) or len(standing.begun) == 1)
        return await hand_over(case, "late", "too_late", (*standing.begun, *standing.here))
    if len(standing.coming) == 1:
        return await other_times(case, prompt, standing.coming[0])
    if reading.letters or len(standing.coming) > MOST:  # several at once is more than an SMS can settle
        return await _left(case, prompt, standing.coming, sure=bool(reading.letters))
    return await ask_which(case, prompt, standing.coming, Meaning.CANNOT)


async def _keep(case: Case, prompt: Open, visits: Sequence[Visit], *, sure: bool = True) -> None:
    """Nothing is asked of them; that they cannot come stays known. Not `sure`: one of them cannot."""
    asked, wish = (Asked.TIMES, {}) if sure else (Asked.WHICH, {"then": Meaning.CANNOT.value})
    if visits:
        await prompts.keep(prompt, asked, visits, wish, language=case.language, now=case.now)


async def _left(case: Case, prompt: Open, visits: Sequence[Visit], *, sure: bool = True, lapsed: bool = False) -> str:
    """A person finds out what can be done. `lapsed`: they chose what was not held any more, and hear what is true now."""
    await _keep(case, prompt, visits, sure=sure)
    if lapsed:
        return await hand_over(case, "cannot_come", "too_late", visits, stays=True)
    return await hand_over(case, "cannot_come", visits=visits)


async def ask_which(
    case: Case, prompt: Open, visits: Sequence[Visit], meaning: Meaning, *, asked_back: bool = False
) -> str:
    """By letter, in order of time; what was said of it is kept with the question."""
    letters = {visit.id: letter for visit, letter in zip(visits, LETTERS, strict=False)}
    subjects = [Subject(visit.id, visit.visit_no, letters[visit.id], wish={"then": meaning.value}) for visit in visits]
    until = min(case.now + prompts.WHICH, max(visit.starts_at for visit in visits) + prompts.AFTER_START)
    await prompts.open_one(
        case.phone, prompt.our_number, Asked.WHICH, subjects, language=case.language, until=until, now=case.now,
        asked_back=asked_back,
    )  # fmt: skip
    await raise_diary()
    facts = {"letters": {str(id): letter for id, letter in letters.items()}}
    await reply(case, "which", visits, cannot=meaning is Meaning.CANNOT and not asked_back, **facts)
    return "which"


async def other_times(case: Case, prompt: Open, visit: Visit, *, again: bool = False, lapsed: bool = False) -> str:
    """Holds times for the visit and asks which. `again`: what they chose was gone; `lapsed`, because they took long."""
    offered = await offer_times(case.act, case.clinic, visit) if _in_time(case, visit) else []
    if not offered:
        return await _left(case, prompt, [visit], lapsed=lapsed)
    subjects = [
        Subject(visit.id, visit.visit_no, letter, one.claim, {"start": one.start.isoformat()})
        for letter, one in zip(LETTERS, offered, strict=False)
    ]
    until = case.now + OFFER
    await prompts.open_one(
        case.phone, prompt.our_number, Asked.TIMES, subjects, language=case.language, until=until, now=case.now,
        asked_back=again,
    )  # fmt: skip
    facts = {"times": [(one.letter, one.wish["start"]) for one in subjects], "until": until.isoformat()}
    await reply(case, "times", [visit], **facts, **({"gone": True} if again else {}))
    return "times"


def _in_time(case: Case, visit: Visit) -> bool:
    """Whoever answers what we asked is heard later than who moves a visit unasked: reminders leave the day before, when
    changes may have ended, and a chair that is given back then can still be filled."""
    rules = case.clinic.service(visit.service).rules
    may = may_move(rules, minute(visit.starts_at), minute(case.now)).allowed
    return may or visit.starts_at - case.now >= HEARD_UNTIL


async def takes(case: Case, prompt: Open, reading: Reading) -> str:
    """The visit moves to the time of the letter; the others are let go."""
    standing = await stand(case, prompt.subjects)
    if not standing.coming or len(reading.letters) != 1:
        await _let_go(case, prompt)
        if standing.coming:
            return await hand_over(case, "cannot_come", visits=standing.coming)
        return await untrue(case, (*standing.changed, *standing.begun, *standing.here))
    [visit] = standing.coming
    [subject] = named(prompt, reading.letters)
    try:
        if subject.claim is None:
            raise SlotTaken
        moved = await take_offer(case.act, case.clinic, visit.id, subject.claim, tell=bool(visit.email))
    except SlotTaken:
        await _let_go(case, prompt)
        if prompt.asked_back:
            return await hand_over(case, "cannot_come", visits=[visit])
        return await other_times(case, prompt, visit, again=True)
    except TooLate:
        await _let_go(case, prompt)
        return await hand_over(case, "cannot_come", visits=[visit])
    await _let_go(case, prompt)
    if not await doubts_of(case.phone):
        await settled(case.phone)
    await reply(case, "moved", [moved])
    return "moved"


async def after_lapse(case: Case, prompt: Open, reading: Reading) -> str:
    """A time is chosen that is not held any more: others, once. Theirs stands, and they are told so."""
    standing = await stand(case, prompt.subjects)
    if reading.meaning is Meaning.NONE_SUITS:
        await _keep(case, prompt, standing.coming)
        return await none_suits(case, prompt, reading)
    if standing.coming and not prompt.asked_back:
        return await other_times(case, prompt, standing.coming[0], again=True, lapsed=True)
    if standing.coming:
        return await _left(case, prompt, standing.coming, lapsed=True)
    if standing.begun:
        return await too_late(case, standing.begun)
    return await untrue(case, (*standing.changed, *standing.here))


async def has_taken(prompt: Open, reading: Reading) -> bool:
    """Do they say once more what they chose, and have?"""
    said = named(prompt, reading.letters) if reading.meaning is Meaning.LETTERS else ()
    visits = await visits_by_id({subject.booking for subject in said})
    return {visit.starts_at.isoformat() for visit in visits} == {subject.wish["start"] for subject in said} != set()


async def none_suits(case: Case, prompt: Open, _reading: Reading) -> str:
    """They choose by themselves, or the desk calls; the visit stays until then."""
    standing = await stand(case, prompt.subjects)
    await _let_go(case, prompt)
    await to_desk(case.phone, "cannot_come", now=case.now)
    if not standing.coming:
        return await untrue(case, (*standing.changed, *standing.begun, *standing.here))
    await reply(case, "choose", standing.coming)
    return "choose"


async def _let_go(case: Case, prompt: Open) -> None:
    await prompts.end(prompt.id, "answered", now=case.now)
    await drop_offers([subject.claim for subject in prompt.subjects if subject.claim is not None])
