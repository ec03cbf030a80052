"""The clinic of `tests.browser.server` with accounts that log in: `python -m tests.browser.door_server DATA PORT`.

The owner must set up codes, reception speaks the language of its address; everybody's password is `PASSWORD`.
"""

import asyncio
import sys
from pathlib import Path

import uvicorn

from tests.browser.server import prepared
from tests.factories import TUESDAY
from turnet.app import create_app
from turnet.clock import FrozenClock
from turnet.db.engine import bind, engine_for
from turnet.settings import Settings
from turnet.staff import secrets
from turnet.staff.tables import StaffUser

PASSWORD = "a red door and a blue roof"
PEOPLE = (("owner", "en"), ("reception", "en"), ("reception", "he"), ("manager", "he"), ("owner", "he"))
"""Role and language; they log in with `owner-en@tuomi.example`."""


async def with_accounts(settings: Settings) -> None:
    engine = engine_for(settings)
    bind(engine)
    await engine.start_connection_pool()
    made = await secrets.hashed(PASSWORD)
    for role, language in PEOPLE:
        name = f"{role}-{language}"
        row = StaffUser(
            public_id=name.ljust(22, "_"), email=f"{name}@tuomi.example", name=name.title(), initials="RR", role=role,
            language=language, password_hash=made, created_at=TUESDAY,
        )  # fmt: skip
        await row.save()
    await engine.close_connection_pool()


def main(data: Path, port: int) -> None:
    settings = Settings(data=data, listen=f"127.0.0.1:{port}", limits="off")
    asyncio.run(prepared(settings))
    asyncio.run(with_accounts(settings))
    app = create_app(settings, clock=FrozenClock(TUESDAY), worker=False)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
