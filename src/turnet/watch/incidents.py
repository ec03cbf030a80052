"""Tells whoever looks after the server of each trouble once, and once that it is over.

A trouble that comes back soon is the same incident still, so what comes and goes fills nobody's mailbox. Mail goes through
the outbox like any other; whatever happens to it, the log has said the same.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from turnet.clinic.queries import clinic as current_clinic
from turnet.clock import Clock
from turnet.db.transactions import Effect, after_commit, fetch, marks, on_sqlite, tx
from turnet.errors import Unavailable
from turnet.messaging import outbox
from turnet.settings import Settings
from turnet.watch.conditions import Trouble

log = logging.getLogger("turnet.watch")

CALM = timedelta(minutes=15)
"""For so long a trouble must have stayed away before its end is told."""
DAY = timedelta(days=1)


async def going_on(names: Sequence[str]) -> frozenset[str]:
    """Which of these troubles there are now."""
    rows = await fetch(f"SELECT name FROM incident WHERE ended_at IS NULL AND name IN ({marks(names)})", *names)  # noqa: S608
    return frozenset(name for (name,) in rows)


class Incidents:
    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._admin, self._clock = settings.admin_mail, clock
        self._noticed: dict[str, tuple[Trouble, datetime]] = {}
        """What could not be written down yet, and since when: a full disk is told of once it takes a row again."""

    async def settle(self, troubles: Sequence[Trouble]) -> None:
        """Begins, goes on with and ends incidents, so that those which are open are these. Raises nothing when it cannot."""
        now, real = self._clock.now(), self._clock.real()
        for trouble in troubles:
            self._noticed.setdefault(trouble.name, (trouble, real))
        try:
            async with tx():
                await _one_at_a_time()
                for trouble, since in self._noticed.values():
                    await self._go_on(trouble, since, now=now, real=real)
                await _end(troubles, real)
                await self._tell_ends(now=now, real=real)
        except Unavailable:
            log.exception("incidents cannot be written down", extra={"incidents": sorted(self._noticed)})
            return
        self._noticed.clear()

    async def _go_on(self, trouble: Trouble, since: datetime, *, now: datetime, real: datetime) -> None:
        """One that is open, or that ended a moment ago, stays; otherwise a new one begins."""
        detail = "\n".join((trouble.what, trouble.where, trouble.do))
        again = await fetch(
            "UPDATE incident SET ended_at = NULL WHERE name = {} AND (ended_at IS NULL OR ended_at > {}) RETURNING id",
            *(trouble.name, real - CALM),
        )
        if again:
            return
        [(incident,)] = await fetch(
            "INSERT INTO incident (name, detail, began_at) VALUES ({}, {}, {}) RETURNING id",
            *(trouble.name, detail, since),
        )
        await self._tell("incident", incident, detail, now=now, since=since)
        after_commit(
            _said(logging.ERROR, f"incident: {trouble.what}", trouble.name, where=trouble.where, do=trouble.do)
        )

    async def _tell_ends(self, *, now: datetime, real: datetime) -> None:
        """Of each once, since a message is added once; those of days ago were told, or nobody was there to be told."""
        over = await fetch(
            "SELECT id, detail, began_at, ended_at FROM incident WHERE ended_at <= {} AND ended_at > {} ORDER BY id",
            *(real - CALM, real - DAY),
        )
        for incident, detail, began, ended in over:
            await self._tell("incident_over", incident, detail, now=now, since=began, until=ended)

    async def _tell(
        self, kind: str, incident: int, detail: str, *, now: datetime, since: datetime, until: datetime | None = None
    ) -> None:
        if not self._admin:
            return
        what, where, do = detail.split("\n")
        moments = {"since": since.isoformat(), "until": until.isoformat() if until else ""}
        clinic = await current_clinic()
        await outbox.add(
            kind,
            channel="email",
            recipient=self._admin,
            language=clinic.default_language if clinic else "en",
            dedupe=f"{kind}:{incident}",
            due_at=now,
            not_after=now + DAY,
            now=now,
            facts={"what": what, "where": where, "do": do} | moments,
        )


async def _one_at_a_time() -> None:
    """Two workers that see the same trouble write of it one after the other, so that the second finds the first's row."""
    if not on_sqlite():
        await fetch("SELECT pg_advisory_xact_lock(hashtextextended('incident', 0))")


async def _end(troubles: Sequence[Trouble], real: datetime) -> None:
    going_on = [trouble.name for trouble in troubles]
    names = marks(going_on) or "''"
    ended = await fetch(
        f"UPDATE incident SET ended_at = {{}} WHERE ended_at IS NULL AND name NOT IN ({names}) RETURNING name",  # noqa: S608
        *(real, *going_on),
    )
    for (name,) in ended:
        after_commit(_said(logging.INFO, "incident over", name))


def _said(level: int, text: str, name: str, **facts: str) -> Effect:
    async def say() -> None:
        log.log(level, text, extra={"incident": name, **facts})

    return say
