"""The clinic of `tests.browser.server` with people at its desk: `python -m tests.browser.desk_server DATA PORT`.

Whoever brings the cookie `TOKENS[language]` is at reception, speaking that language. A hundred patients are known.
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import uvicorn

from tests.browser.server import prepared
from tests.factories import TUESDAY
from turnet.app import create_app
from turnet.booking.model import Person
from turnet.clock import FrozenClock
from turnet.db.engine import bind, engine_for
from turnet.db.transactions import tx
from turnet.ids import token_hash
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


def main(data: Path, port: int) -> None:
    settings = Settings(data=data, listen=f"127.0.0.1:{port}", limits="off")
    asyncio.run(prepared(settings))
    asyncio.run(with_staff(settings))
    app = create_app(settings, clock=FrozenClock(TUESDAY), worker=False)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
