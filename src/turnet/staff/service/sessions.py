"""Sessions: one login on one device. Ending one ends it at once, also for whoever listens to it.

`hearing(listener)` is for streams: it is told of each session that ends in this process. On Postgres another process may
end one, so a stream also looks with `turnet.staff.queries.session_of` at every heartbeat.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from turnet.audit.service import note
from turnet.db.transactions import after_commit, fetch, tx
from turnet.errors import NotFound
from turnet.ids import random_id, token_hash
from turnet.staff.model import Knock, Session

LIFE = timedelta(days=30)
"""However busy it is."""
SEEN_EVERY = timedelta(minutes=5)
SEEN_EVERY_AT_FRONT_DESK = timedelta(minutes=1)
"""How exactly `seen_at` is kept."""
_TOKEN_BYTES = 32
_AGENT_LENGTH = 120

_listeners: list[Callable[[str], None]] = []


# --- beginning and going on; inside the act's transaction


async def begin(knock: Knock, user: int, stage: str) -> str:
    """Returns the token, which is stored nowhere."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    await fetch(
        'INSERT INTO staff_session (public_id, token_hash, "user", stage, front_desk, locked, tries, created_at, seen_at, '
        "proven_at, ends_at, agent) VALUES ({}, {}, {}, {}, {}, {}, 0, {}, {}, {}, {}, {})",
        *(random_id(), token_hash(token), user, stage, False, False),
        *(knock.real, knock.real, knock.real, knock.real + LIFE, knock.agent[:_AGENT_LENGTH]),
    )
    return token


async def renew(session: int, stage: str = "full") -> str:
    """More may be done with it from now on, so it gets another token; the old one is dead."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    await fetch(
        "UPDATE staff_session SET token_hash = {}, stage = {}, tries = 0 WHERE id = {} RETURNING id",
        *(token_hash(token), stage, session),
    )
    return token


async def touch(session: Session, real: datetime) -> None:
    """Somebody is there. Written at most every few minutes."""
    every = SEEN_EVERY_AT_FRONT_DESK if session.front_desk else SEEN_EVERY
    if real - session.seen_at >= every:
        await fetch("UPDATE staff_session SET seen_at = {} WHERE id = {} RETURNING id", real, session.id)


# --- ending


async def log_out(session: Session, real: datetime) -> None:
    async with tx():
        await end([session.public_id])
        await note(session.staff.actor, "logout", real=real, staff=session.staff.id)


async def end_own(session: Session, public_id: str, real: datetime) -> None:
    """One of the person's own, by its public id. Raises NotFound for anybody else's."""
    async with tx():
        rows = await fetch(
            'SELECT id FROM staff_session WHERE public_id = {} AND "user" = {}', public_id, session.staff.id
        )
        if not rows:
            raise NotFound(session=public_id)
        await end([public_id])
        await note(session.staff.actor, "session_ended", real=real, staff=session.staff.id)


async def end_all(user: int, *, but: int | None = None) -> int:
    """Every session of the account but one (row ids); returns how many. Inside the act's transaction."""
    rows = await fetch('SELECT public_id FROM staff_session WHERE "user" = {} AND id <> {}', user, but or 0)
    await end([public_id for (public_id,) in rows])
    return len(rows)


async def end(public_ids: Iterable[str]) -> None:
    """Inside the act's transaction; streams hear of it once it is durable."""
    for public_id in public_ids:
        await fetch("DELETE FROM staff_session WHERE public_id = {} RETURNING id", public_id)
        after_commit(lambda over=public_id: ended(over))  # type: ignore[misc]


async def end_if_known(token: str) -> None:
    """The session that the browser had before it logged in again. Inside the act's transaction."""
    rows = await fetch("SELECT public_id FROM staff_session WHERE token_hash = {}", token_hash(token)) if token else []
    await end([public_id for (public_id,) in rows])


async def sweep(real: datetime) -> None:
    """Removes what nobody can use any more: sessions past their life, links past theirs."""
    async with tx():
        await fetch("DELETE FROM staff_session WHERE ends_at <= {} RETURNING id", real)
        await fetch("DELETE FROM staff_link WHERE expires_at <= {} RETURNING id", real)


async def ended(public_id: str) -> None:
    """Tells everybody in this process who hears of it."""
    for listener in tuple(_listeners):
        listener(public_id)


@contextmanager
def hearing(listener: Callable[[str], None]) -> Iterator[None]:
    """While inside, `listener` gets the public id of every session that ends, or is locked by hand, in this process."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
