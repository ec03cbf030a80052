"""What happened around made-up visits so far: what people were told and asked, and what they answered."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from turnet import clock as minutes
from turnet.booking.states import COMING, State
from turnet.clinic.model import Clinic
from turnet.demo import inbox, messages, talk
from turnet.demo.lives import CALLED_BACK, Lives
from turnet.demo.messages import Letters
from turnet.demo.people import Someone
from turnet.demo.rounds import Contacts, Past, Sent, past
from turnet.demo.visits import Planned
from turnet.feedback.model import DETRACTOR
from turnet.messaging.texting import policy
from turnet.reminders.model import Round
from turnet.reminders.queries import active_rounds
from turnet.scheduling.rules import DAY

DEAD = 3
"""Numbers with a coming visit that no SMS reaches …"""
DEAD_SINCE = 6 * DAY
"""… for so many minutes."""


@dataclass
class History:
    clinic: Clinic
    people: Sequence[Someone]
    visits: list[Planned]
    contacts: list[Contacts]
    """Of each visit."""
    rounds: dict[str, Round]
    past: Past
    sent: list[tuple[uuid.UUID, Sent]]
    lives: Lives
    letters: Letters

    @classmethod
    async def of(
        cls, clinic: Clinic, people: Sequence[Someone], planned: Sequence[Planned], rng: Random, now: int
    ) -> "History":
        rounds = {round.name: round for round in await active_rounds()}
        contacts = [_contacts(people[visit.patient], clinic) for visit in planned]
        told = past(clinic, list(rounds.values()), planned, contacts, now)
        letters = Letters(rng, await policy(), _dead(people, planned, told, now))
        sent = [(letters.new_id(), one) for one in told.sent]
        lives = Lives(rng, planned, now)
        lives.live(sent, rounds, letters.dead)
        visits = [
            replace(visit, state=State.CONFIRMED) if place in lives.confirmed and visit.state in COMING else visit
            for place, visit in enumerate(planned)
        ]
        return cls(clinic, people, visits, contacts, rounds, told, sent, lives, letters)

    async def write(self, bookings: Sequence[int], patients: Sequence[int], key: bytes) -> None:
        """`bookings` and `patients`: ids of each visit."""
        letters, rng = self.letters, self.letters.rng
        whom = [(one.email or one.phone, one.language) for one in self.contacts]
        messages.of_visits(letters, self.visits, bookings, whom)
        messages.of_rounds(letters, self.sent, self.rounds, bookings)
        names = [self.people[visit.patient].name for visit in self.visits]
        wrote = await talk.write_questions(self.lives, letters, bookings, names)
        await talk.write_opinions(self.lives.opinions, bookings, patients, key, rng)
        waiting = await self._inbox(bookings)
        await letters.write()
        await messages.steps(self.sent, self.past, bookings)
        await talk.write_conversations(wrote, rng, waiting)

    async def _inbox(self, bookings: Sequence[int]) -> dict[str, tuple[str, int]]:
        """Phone → why a person has to look, and since when."""
        lang = self.clinic.default_language
        found = inbox.waiting(self.lives, self.people, lang, self.clinic.region, self.letters.dead)
        ids = [self.letters.new_id() for _one in found]
        received = await talk.write_received([
            talk.received(one.phone, one.text, minutes.instant(one.at), str(id), "desk")
            for id, one in zip(ids, found, strict=True)
        ])  # fmt: skip
        for id, one in zip(ids, found, strict=True):
            visit = None if one.visit is None else bookings[one.visit]
            self.letters.add(
                "answer_read_later", one.phone, one.language, visit, at=one.at, until=one.at + 30,
                dedupe=f"answer:{received[str(id)]}", facts={"visits": []}, inbound=received[str(id)],
            )  # fmt: skip
        unhappy = {
            one.contact: ("score", one.said)
            for one in self.lives.opinions
            if one.said is not None and one.score is not None and one.score <= DETRACTOR
            if one.state == "new" and one.said > self.lives.now - CALLED_BACK
        }
        return unhappy | {one.phone: (one.why, one.at) for one in found}


def _contacts(someone: Someone, clinic: Clinic) -> Contacts:
    language = someone.language if someone.language in clinic.languages else clinic.default_language
    return Contacts(someone.phone, someone.email, language, someone.offers)


def _dead(people: Sequence[Someone], visits: Sequence[Planned], told: Past, now: int) -> dict[str, int]:
    """Numbers of a few who are reached by SMS alone and were just written to about a visit that is coming."""
    recent = [
        one.to.contact
        for one in reversed(told.sent)
        if one.to.channel == "sms" and visits[one.visits[0].place].state in COMING
    ]
    by_sms_alone = {one.phone for one in people if not one.email}
    found = [phone for phone in dict.fromkeys(recent) if phone in by_sms_alone]
    return dict.fromkeys(found[:DEAD], now - DEAD_SINCE)
