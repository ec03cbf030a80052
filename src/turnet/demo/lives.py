"""What made-up people did by SMS: which messages asked them something, what they answered, what came of it. Pure, in
UTC minutes; the same for the same dice.
"""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

from turnet.booking.states import State
from turnet.checkin.model import BEFORE
from turnet.conversation.meaning import Asked
from turnet.conversation.prompts import AFTER_START, OPINION
from turnet.demo import opinions
from turnet.demo.rounds import Sent
from turnet.demo.visits import Planned
from turnet.feedback.model import DETRACTOR
from turnet.reminders.model import Round, RoundKind
from turnet.scheduling.rules import DAY

YES = {
    "en": ("1", "1", "1", "1", "Yes", "1 thanks"),
    "fi": ("1", "1", "1", "1", "Kyllä", "1 kiitos"),
    "he": ("1", "1", "1", "1", "כן", "1 תודה"),
}
HERE = {"en": ("1", "1", "1", "Here"), "fi": ("1", "1", "1", "Perillä"), "he": ("1", "1", "1", "הגענו")}
CONFIRMS, STAYS_AWAY_AND_CONFIRMS, CHECKS_IN, SCORES, SCORES_BY_LINK, SAYS_WHY = 0.64, 0.22, 0.47, 0.42, 0.07, 0.55
OTHER_WAYS = {"door": 0.07, "link": 0.05, "tablet": 0.03, "": 0.85}
"""How whoever does not check in by SMS does; empty: at the desk."""
_CAME = frozenset({State.ARRIVED, State.IN_ROOM, State.DONE})
CALLED_BACK = 9 * DAY
"""Most who were not happy that many minutes ago have been called back."""


@dataclass(frozen=True, slots=True)
class Answer:
    at: int
    text: str
    outcome: str
    """As `inbound.outcome`."""
    reply: str
    """Kind of the message that answers it …"""
    id: uuid.UUID
    """… and its id."""
    visits: tuple[int, ...]
    """Places of those that it speaks of."""


@dataclass(frozen=True, slots=True)
class Question:
    message: uuid.UUID
    """That asked."""
    kind: Asked
    phone: str
    language: str
    at: int
    until: int
    visits: tuple[int, ...]
    """Places in the list of planned visits."""
    answer: Answer | None = None
    low: bool = False
    """Why so low a score?"""


@dataclass(frozen=True, slots=True)
class Opinion:
    """One visit that somebody was asked about."""

    visit: int
    contact: str
    channel: str
    asked: int
    scored: int | None = None
    score: int | None = None
    by: str = ""
    said: int | None = None
    words: str = ""
    state: str = "new"


@dataclass
class Lives:
    rng: Random
    visits: Sequence[Planned]
    now: int
    questions: list[Question] = field(default_factory=list)
    opinions: list[Opinion] = field(default_factory=list)
    confirmed: dict[int, int] = field(default_factory=dict)
    """Visit → when somebody answered that they come."""
    here: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Visit → when somebody checked in, and how."""

    def live(
        self, sent: Sequence[tuple[uuid.UUID, Sent]], rounds: Mapping[str, Round], dead: Mapping[str, int]
    ) -> None:
        """What came of each message, in the order in which they left; nothing arrives at `dead` numbers any more."""
        for id, one in sent:
            round = rounds[one.to.rule]
            if one.to.channel != "sms" or not round.answers or dead.get(one.to.contact, one.at + 1) <= one.at:
                continue
            visits = tuple(visit.place for visit in sorted(one.visits, key=lambda visit: visit.start))
            asked = _ASKED[round.kind]
            question = Question(
                id, asked, one.to.contact, one.to.language, one.at, self._until(asked, visits, one.at), visits
            )
            match asked:
                case Asked.CONFIRM:
                    self._confirm(question)
                case Asked.CHECKIN:
                    self._check_in(question)
                case _:
                    self._score(question)
        self._without_sms()

    def _until(self, asked: Asked, visits: Sequence[int], at: int) -> int:
        last = max(self.visits[place].start for place in visits)
        if asked is Asked.CONFIRM:
            return last
        return last + _minutes(AFTER_START) if asked is Asked.CHECKIN else at + _minutes(OPINION)

    def _answer(
        self, question: Question, at: int | None, text: str, outcome: str, reply: str, visits: Sequence[int]
    ) -> Question | None:
        """`at`: when they would answer, about these visits. None: they have not, or not yet."""
        if at is None or at > self.now or at >= question.until:
            self.questions.append(question)
            return None
        id = uuid.UUID(int=self.rng.getrandbits(128), version=4)
        answered = replace(question, answer=Answer(at, text, outcome, reply, id, tuple(visits)))
        self.questions.append(answered)
        return answered

    def _confirm(self, question: Question) -> None:
        visits = [place for place in question.visits if self.visits[place].state is not State.CANCELLED]
        comes = any(self.visits[place].state is not State.NO_SHOW for place in visits)
        at = question.at + 2 + int(self.rng.expovariate(1 / 45))
        willing = self.rng.random() < (CONFIRMS if comes else STAYS_AWAY_AND_CONFIRMS)
        text = self.rng.choice(YES[question.language])
        in_time = at < min((self.visits[place].start for place in visits), default=0)
        if self._answer(question, at if willing and in_time else None, text, "confirmed", "answer_confirmed", visits):
            self.confirmed |= dict.fromkeys(visits, at)

    def _check_in(self, question: Question) -> None:
        came = [place for place in question.visits if self.visits[place].state in _CAME]
        before, willing = self.rng.randint(1, 14), self.rng.random() < CHECKS_IN
        text = self.rng.choice(HERE[question.language])
        first = min((self.visits[place].start for place in came), default=0)
        at = max(first - before, question.at + 1)
        near = [place for place in came if self.visits[place].start - at <= _minutes(BEFORE)]
        if self._answer(question, at if willing and near else None, text, "here", "answer_here", near):
            self.here |= dict.fromkeys(near, (at, "sms"))

    def _score(self, question: Question) -> None:
        [place] = question.visits
        score, at = opinions.score(self.rng), question.at + 3 + int(self.rng.expovariate(1 / 100))
        willing, by_link = self.rng.random() < SCORES, self.rng.random() < SCORES_BY_LINK
        opinion = Opinion(place, question.phone, "sms", question.at)
        reply = "answer_why_low" if score <= DETRACTOR else "answer_why_high"
        if answered := self._answer(question, at if willing else None, str(score), "scored", reply, [place]):
            opinion = self._why(replace(opinion, scored=at, score=score, by="sms"), answered)
        elif by_link and at <= self.now:
            opinion = replace(opinion, scored=at, score=score, by="link")
        self.opinions.append(self._worked(opinion))

    def _why(self, opinion: Opinion, scored: Question) -> Opinion:
        assert scored.answer is not None
        assert opinion.score is not None
        words, says = opinions.words(self.rng, opinion.score, scored.language), self.rng.random() < SAYS_WHY
        asked = scored.answer.at
        why = replace(
            scored, message=scored.answer.id, kind=Asked.WHY, at=asked, until=asked + _minutes(OPINION), answer=None,
            low=opinion.score <= DETRACTOR,
        )  # fmt: skip
        at = asked + 2 + int(self.rng.expovariate(1 / 12))
        if self._answer(why, at if says else None, words, "commented", "answer_thanks", why.visits):
            return replace(opinion, said=at, words=words)
        return opinion

    def _worked(self, opinion: Opinion) -> Opinion:
        """What the desk has made of it."""
        forgotten = self.rng.random() > 0.9
        if opinion.score is None or opinion.scored is None or opinion.scored > self.now - CALLED_BACK or forgotten:
            return opinion
        if opinion.score <= DETRACTOR:
            return replace(opinion, state="called_back")
        return replace(opinion, state="done") if opinion.words else opinion

    def _without_sms(self) -> None:
        for place, visit in enumerate(self.visits):
            [way], before = self.rng.choices(list(OTHER_WAYS), list(OTHER_WAYS.values())), self.rng.randint(1, 9)
            if way and visit.state in _CAME and visit.door != "walk_in" and place not in self.here:
                self.here[place] = (min(visit.start - before, self.now), way)

    def by_phone(self) -> dict[str, list[Question]]:
        """In the order in which they were asked."""
        found = defaultdict[str, list[Question]](list)
        for question in sorted(self.questions, key=lambda one: (one.at, one.message)):
            found[question.phone].append(question)
        return found


_ASKED = {RoundKind.REMINDER: Asked.CONFIRM, RoundKind.CHECKIN: Asked.CHECKIN, RoundKind.FEEDBACK: Asked.SCORE}


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds()) // 60
