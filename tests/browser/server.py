"""A clinic behind a real server, for a browser: `python -m tests.browser.server DATA PORT`.

The clock stands still on Tuesday 1 December 2026, 10:42 in Helsinki. Every service has instructions and a late fee, and
can be moved or cancelled until a day before.
"""

import asyncio
import json
import sys
from pathlib import Path

import uvicorn

from tests.factories import TUESDAY, a_clinic
from turnet.app import create_app
from turnet.clinic import tables
from turnet.clock import FrozenClock
from turnet.db.engine import bind, engine_for
from turnet.db.start import migrate
from turnet.settings import Settings

BRING = {
    "en": "- Your identity card\n- A list of your medicines",
    "fi": "- Henkilöllisyystodistus\n- Lista lääkkeistäsi",
    "he": "- תעודה מזהה\n- רשימת התרופות שלכם",
}


async def prepared(settings: Settings) -> None:
    engine = engine_for(settings)
    bind(engine)
    await engine.start_connection_pool()
    await migrate(engine, settings)
    await a_clinic()
    await tables.Service.update(
        {
            tables.Service.instructions: json.dumps(BRING),
            tables.Service.late_fee: 4000,
            tables.Service.move_until: 1440,
            tables.Service.cancel_until: 1440,
        },
        force=True,
    )
    await engine.close_connection_pool()


def main(data: Path, port: int) -> None:
    settings = Settings(data=data, listen=f"127.0.0.1:{port}", limits="off")
    asyncio.run(prepared(settings))
    app = create_app(settings, clock=FrozenClock(TUESDAY), worker=False)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
