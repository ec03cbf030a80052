"""A conversation as one reads it on a telephone: `us` what left, `them` what they wrote, and what became of visits."""

import itertools
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.db.booking.acts import an_act
from tests.factories import at
from turnet.booking import queries, service
from turnet.booking.model import Person, Visit, Wish
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.conversation import prompts
from turnet.conversation.meaning import Asked
from turnet.conversation.service import answer
from turnet.db.transactions import fetch, tx
from turnet.messaging.deliver import deliverer, drain
from turnet.messaging.outbox import Claimed
from turnet.settings import Settings

PHONE, OTHER_PHONE = "+358401234567", "+358407654321"
OURS = "+358457000000"
_ids = itertools.count(1)


@dataclass
class Talk:
    """One telephone's talk with the clinic."""

    settings: Settings
    clock: FrozenClock
    clinic: Clinic
    phone: str = PHONE
    language: str = "en"
    visits: dict[str, Visit] = field(default_factory=dict)
    """By the first name of who comes, as booked."""

    async def book(self, name: str, start: str, by: str = "sanna", **more: Any) -> Visit:
        who = Person(name, **{"phone": self.phone, "phone_raw": self.phone, "language": self.language} | more)
        wish = Wish(
            self.clinic.services["check-up"].id, at(start), self.clinic.locations["keskusta"].id,
            self.clinic.practitioners[by].id,
        )  # fmt: skip
        booked = await service.book(an_act(self.clock), self.clinic, wish, who, once="")
        async with tx():
            await fetch("UPDATE message SET state = 'cancelled' WHERE state = 'queued'")
        self.visits[name.split(maxsplit=1)[0]] = booked.visit
        return booked.visit

    async def ask(
        self, asked: Asked, *names: str, our_number: str = "", within: timedelta = timedelta(days=1)
    ) -> datetime | None:
        """As if an SMS that asks were leaving now, which is of use for so long."""
        visits = sorted((self.visits[name] for name in names), key=lambda visit: visit.starts_at)
        row = Claimed(
            uuid4(), "reminder", "sms", self.phone, self.language, visits[0].id, 0, {}, self.clock.now(),
            self.clock.now() + within, 1, "", self.clock.now(),
        )  # fmt: skip
        return await prompts.ask(
            row, visits, asked, our_number=our_number, language=self.language, now=self.clock.now()
        )

    async def receive(self, text: str, **more: Any) -> int:
        """Stored, not yet worked on."""
        number = next(_ids)
        now = self.clock.now()
        row = {
            "provider": "test", "provider_id": f"{number}", "sender": self.phone, "our_number": OURS, "text": text,
            "raw": "", "received_at": now, "at": now, "state": "new", "attempts": 0, "outcome": "",
        } | more  # fmt: skip
        names = ", ".join(row)
        [(id,)] = await fetch(
            f"INSERT INTO inbound ({names}) VALUES ({', '.join(['{}'] * len(row))}) RETURNING id", *row.values()
        )
        return int(id)

    async def them(self, text: str, **more: Any) -> str:
        """They write, and we do what we do with it. Returns the outcome."""
        id = await self.receive(text, **more)
        await answer.work(self.settings, self.clock)
        [(outcome,)] = await fetch("SELECT outcome FROM inbound WHERE id = {}", id)
        return str(outcome)

    async def us(self) -> list[str]:
        """The texts that left since the last look."""
        await drain(deliverer(self.settings, self.clock))
        file = self.settings.data / "outbox" / "sms.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return [json.loads(line)["text"] for line in lines]

    async def state(self, name: str) -> str:
        found = await queries.visit_by_id(self.visits[name].id)
        return found.state.value

    async def start(self, name: str) -> str:
        found = await queries.visit_by_id(self.visits[name].id)
        return found.starts_at.astimezone(self.clinic.zone).strftime("%a %H:%M")

    async def desk(self) -> str:
        """Why a person has to look; empty: nobody has to."""
        rows = await fetch("SELECT state, why FROM conversation WHERE phone = {}", self.phone)
        return str(rows[0][1]) if rows and rows[0][0] == "open" else ""
