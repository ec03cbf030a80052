"""The clinic of `tests.browser.server` with people at its desk: `python -m tests.browser.desk_server DATA PORT`.

Whoever brings the cookie `TOKENS[language]` is at reception, speaking that language. A hundred patients are known. What is
posted to `/-/said` (JSON `sender`, `text`) is an SMS that a person has to look at; what to
`/-/asked` (JSON `booking`) makes the question about that visit and answers with its link.
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import uvicorn
from litestar import Request, post
from litestar.datastructures import State

from tests.browser.server import prepared
from tests.factories import TUESDAY
from turnet.app import create_app
from turnet.booking.model import Person
from turnet.booking.queries import visit_by_id
from turnet.clock import FrozenClock
from turnet.conversation.service.thread import to_desk
from turnet.db.engine import bind, engine_for
from turnet.db.transactions import fetch, tx
from turnet.feedback.model import feedback_token
from turnet.feedback.service import asked
from turnet.ids import random_id, token_hash
from turnet.patients.known import vouch
from turnet.patients.service import enrol
from turnet.settings import Settings
from turnet.staff.tables import StaffSession, StaffUser

TOKENS = {language: f"token-of-{language}".ljust(32, "t") for language in ("en", "he")}
NAMES = (
    "Aino Mäkinen",
    "Eero Salo",
    "דנה לוי",
    "Иван Петров",
    *(f"Matti Virta{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(96)),
)


async def with_staff(settings: Settings) -> None:
    engine = engine_for(settings)
    bind(engine)
    await engine.start_connection_pool()
    for language, token in TOKENS.items():
        user = StaffUser(
            public_id=f"rea-{language}".ljust(22, "_"), email=f"{language}@tuomi.example", name="Rea Reception",
            initials="RR", role="reception", language=language, created_at=TUESDAY,
        )  # fmt: skip
        await user.save()
        await StaffSession(
            public_id=f"session-{language}".ljust(22, "_"), token_hash=token_hash(token), user=user.id,
            created_at=TUESDAY, seen_at=TUESDAY, proven_at=TUESDAY, ends_at=TUESDAY + timedelta(days=30),
        ).save()  # fmt: skip
    people = [Person(name, phone=f"+3584570000{n:02}", language="fi") for n, name in enumerate(NAMES)]
    async with tx():
        await vouch(await enrol(people, now=TUESDAY - timedelta(days=100)))
    await engine.close_connection_pool()


@post("/-/said", include_in_schema=False)
async def said(request: Request[object, object, State]) -> None:
    sms, now = await request.json(), request.app.state.clock.now()
    async with tx():
        await fetch(
            "INSERT INTO inbound (provider, provider_id, sender, our_number, text, raw, received_at, at, state, attempts, "
            "outcome) VALUES ('test', {}, {}, '', {}, '', {}, {}, 'done', 1, 'desk')",
            *(random_id(), sms["sender"], sms["text"], now, now),
        )
        await to_desk(sms["sender"], "unclear", now=now)


@post("/-/asked", include_in_schema=False)
async def asked_about(request: Request[object, object, State]) -> dict[str, str]:
    state, link = request.app.state, (await request.json())["booking"]
    [(id,)] = await fetch("SELECT id FROM booking WHERE token_hash = {}", token_hash(link))
    visit = await visit_by_id(id)
    made = await asked(visit, contact=visit.phone, channel="sms", key=state.key, now=state.clock.now())
    return {"link": f"/f/{feedback_token(state.key, made)}"}


def main(data: Path, port: int) -> None:
    settings = Settings(data=data, listen=f"127.0.0.1:{port}", limits="off")
    asyncio.run(prepared(settings))
    asyncio.run(with_staff(settings))
    app = create_app(settings, clock=FrozenClock(TUESDAY), worker=False)
    app.register(said)
    app.register(asked_about)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
