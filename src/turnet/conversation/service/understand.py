"""Which question an SMS answers, and what is then done. Doubt goes to a person, never to a guess."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from turnet.booking.model import Visit
from turnet.booking.queries import visits_by_id
from turnet.booking.states import State
from turnet.checkin.model import CLOCKS
from turnet.conversation.by_name import lettered
from turnet.conversation.courtesy import content, thanks
from turnet.conversation.meaning import Asked, Meaning, Reading, read
from turnet.conversation.mixed import mixed
from turnet.conversation.normal import normal
from turnet.conversation.prompts import MOST, Open
from turnet.conversation.service.cannot import after_lapse, ask_which, cannot, has_taken, none_suits, takes
from turnet.conversation.service.case import Case, for_a_person, stand, too_late, was_open
from turnet.conversation.service.coming import AT_THE_DOOR, comes, is_here
from turnet.conversation.service.opinion import another_score, scores, tells
from turnet.db.transactions import fetch

LATE = timedelta(days=7)
"""How long after its time an answer is still recognised as one."""

_VISIT = frozenset({Asked.CONFIRM, Asked.CHECKIN})
_OPINION = frozenset({Asked.SCORE, Asked.WHY})
_EITHER = frozenset({Meaning.YES, Meaning.HERE, Meaning.CANNOT})
"""What may answer several questions alike."""


async def understood(case: Case, asked: list[Open]) -> tuple[str, int | None]:
    """The outcome, and the question it answers. `asked`: the newest first."""
    written = min(case.inbound.at, case.inbound.said + CLOCKS)
    known = [one for one in asked if one.asked_at <= written]
    return await (_overtaken(case, known) if len(known) < len(asked) else _heard(case, asked))


async def _heard(case: Case, asked: list[Open]) -> tuple[str, int | None]:
    open_ = next((one for one in asked if was_open(case, one)), None)
    if open_:
        reading = await _reads(case, open_)
        return await _acted(case, open_, reading, asked), open_.id
    if asked and _settled(case, asked[0]):
        return "thanks", asked[0].id
    for one in asked:
        reading = await _reads(case, one)
        if reading.meaning is Meaning.UNCLEAR or one.kind in _OPINION:
            continue
        if one.kind is Asked.TIMES and one.state == "answered" and await has_taken(one, reading):
            return "again", one.id
        if await _still_answers(case, one, reading, newest=one is asked[0]):
            return await _acted(case, one, reading, asked), one.id
        if one.state in {"expired", "open"} and one.expires_at > case.inbound.at - LATE:
            return await _too_late(case, one, reading), one.id
    return await _unclear(case), None


async def _overtaken(case: Case, known: Sequence[Open]) -> tuple[str, int | None]:
    """They wrote before the newest question left: it is no answer to that, and to the one before only if that was open."""
    if not known:
        return await _unclear(case), None
    newest = known[0]
    if newest.state == "closed" and newest.kind in _VISIT and newest.expires_at > case.inbound.said:
        return await _acted(case, newest, await _reads(case, newest), known), newest.id
    if await _said_before(case, newest):
        return "again", newest.id
    return await _unclear(case), None


async def _said_before(case: Case, one: Open) -> bool:
    """Is it what answered that question, once more? People press twice."""
    rows = await fetch("SELECT text FROM inbound WHERE sender = {} AND prompt = {}", case.phone, one.id)
    return normal(case.inbound.text) in {normal(text) for (text,) in rows}


def _settled(case: Case, newest: Open) -> bool:
    """They chose a time, or said how it went, and are content with our answer."""
    return newest.state == "answered" and newest.kind not in _VISIT and content(case.inbound.text, case.language)


async def _still_answers(case: Case, one: Open, reading: Reading, *, newest: bool) -> bool:
    """May they change their mind, or come in? Of what lies further back only while the visits are what they were."""
    since = case.inbound.said - (AT_THE_DOOR if reading.meaning is Meaning.HERE else timedelta())
    answered = one.kind in _VISIT and one.state == "answered" and one.expires_at > since
    return answered and (newest or not (await stand(case, one.subjects)).changed)


async def _reads(case: Case, one: Open) -> Reading:
    letters = one.letters if len(one.letters) > 1 or one.kind in {Asked.WHICH, Asked.TIMES} else ()
    reading = read(case.inbound.text, one.kind, language=case.language, letters=letters)
    if reading.meaning is not Meaning.UNCLEAR or len(one.visits) < 2:
        return reading
    return read(await _by_letter(case, one), one.kind, language=case.language, letters=letters)


async def _by_letter(case: Case, one: Open) -> str:
    """What they wrote, with letters for the names of those asked about."""
    visits = {visit.id: visit for visit in await visits_by_id(one.visits)}
    named = {
        subject.letter: visits[subject.booking].first_name for subject in one.subjects if subject.booking in visits
    }
    return lettered(case.inbound.text, named)


Doing = Callable[[Case, Open, Reading], Awaitable[str]]

_ACTS: Mapping[Meaning, Doing] = {
    Meaning.YES: comes,
    Meaning.HERE: is_here,
    Meaning.CANNOT: cannot,
    Meaning.SCORE: scores,
    Meaning.WORDS: tells,
}
_OF_TIMES: Mapping[Meaning, Doing] = {Meaning.LETTERS: takes, Meaning.NONE_SUITS: none_suits}


async def _acted(case: Case, one: Open, reading: Reading, asked: Sequence[Open]) -> str:
    if others := await _meant_too(case, one, reading, asked):
        return await _ask_back(case, one, others, reading.meaning)
    meaning = reading.meaning
    if one.kind is Asked.WHICH and meaning is Meaning.LETTERS:
        meaning = Meaning(one.subjects[0].wish["then"])
    if meaning is Meaning.UNCLEAR and await _mixed(case, one):
        return await cannot(case, one, Reading(Meaning.CANNOT))
    if meaning is Meaning.UNCLEAR and one.kind is Asked.WHY and another_score(case) is not None:
        return await tells(case, one, reading)
    act = (_OF_TIMES if one.kind is Asked.TIMES else _ACTS).get(meaning)
    return await act(case, one, reading) if act else await _unclear(case)


async def _mixed(case: Case, one: Open) -> bool:
    """Some come and some do not: who is asked once more, because a letter is easily mistyped."""
    if one.kind not in _VISIT or len(one.letters) < 2:
        return False
    return mixed(await _by_letter(case, one), one.kind, language=case.language, letters=one.letters)


async def _meant_too(case: Case, one: Open, reading: Reading, asked: Sequence[Open]) -> list[Visit]:
    """Visits of another question that nobody answered, and that the same answer would answer as well."""
    found: dict[int, Visit] = {}
    if one.kind not in _VISIT or reading.letters or reading.meaning not in _EITHER:
        return []
    for other in asked:
        unanswered = other.id != one.id and other.state != "answered" and other.expires_at > case.inbound.said
        if not unanswered or other.kind not in _VISIT or not await _answers(case, other, reading):
            continue
        subjects = [subject for subject in other.subjects if subject.booking not in one.visits]
        for visit in (await stand(case, subjects)).coming:
            if reading.meaning is Meaning.CANNOT or visit.state is State.BOOKED:
                found[visit.id] = visit
    return list(found.values())


async def _answers(case: Case, other: Open, reading: Reading) -> bool:
    """Somebody who says in words that they are here answers no reminder."""
    meaning = (await _reads(case, other)).meaning
    if other.kind is Asked.CONFIRM and meaning is Meaning.HERE:
        return False
    pair = {meaning, reading.meaning}
    return pair <= {Meaning.YES, Meaning.HERE} or pair == {Meaning.CANNOT}


async def _ask_back(case: Case, one: Open, others: Sequence[Visit], meaning: Meaning) -> str:
    """Once: the next that is unclear goes to the desk."""
    own = (await stand(case, one.subjects)).coming
    visits = sorted([*own, *others], key=lambda visit: (visit.starts_at, visit.id))
    if one.asked_back or len(visits) > MOST:
        return await _unclear(case)
    return await ask_which(case, one, visits, meaning, asked_back=True)


async def _too_late(case: Case, one: Open, reading: Reading) -> str:
    """Whoever says that they are here stands at the door, and whoever names a time still wants another."""
    if reading.meaning is Meaning.HERE:
        return await is_here(case, one, reading)
    return await (after_lapse(case, one, reading) if one.kind is Asked.TIMES else too_late(case))


async def _unclear(case: Case) -> str:
    """Unless it is thanks alone."""
    if thanks(case.inbound.text, case.language):
        return "thanks"
    return await for_a_person(case)
