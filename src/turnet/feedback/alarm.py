"""The mail that tells of a low score: once for each question, and taken back while it waits if the score is put right."""

from datetime import datetime, timedelta

from turnet.db.transactions import fetch
from turnet.messaging import outbox
from turnet.messaging.outbox import Draft
from turnet.staff.model import Role
from turnet.staff.queries import active

LOW = "low_score"
USEFUL = timedelta(days=3)
CORRECTED = "the score was corrected upwards"

_OF_QUESTION = "dedupe IN (SELECT CAST({} AS TEXT) || u.id FROM staff_user u)"

TOLD = f"""EXISTS (SELECT 1 FROM staff_user u JOIN message m ON m.dedupe = '{LOW}:' || f.public_id || ':' || u.id
    WHERE m.state IN ('sending', 'sent', 'unknown'))"""  # noqa: S608  (our own names)
"""Of questions `f`: such a mail has left."""


async def tell(public_id: str, now: datetime) -> None:
    """Owners and managers hear of it once, without a word of what was written."""
    people = [one for one in await active([Role.OWNER, Role.MANAGER]) if one.email]
    drafts = [
        Draft(
            LOW, "email", one.email, one.language, f"{_key(public_id)}{one.id}", now, now + USEFUL,
            facts={"question": public_id},
        )
        for one in people
    ]  # fmt: skip
    await outbox.add_all(drafts, now=now)
    await fetch(
        "UPDATE message SET state = 'queued', error = NULL, finished_at = NULL "  # noqa: S608
        f"WHERE {_OF_QUESTION} AND state = 'cancelled' AND error = {{}} RETURNING id",
        *(_key(public_id), CORRECTED),
    )


async def take_back(public_id: str, now: datetime) -> None:
    await fetch(
        "UPDATE message SET state = 'cancelled', error = {}, finished_at = {} "  # noqa: S608
        f"WHERE {_OF_QUESTION} AND state = 'queued' RETURNING id",
        *(CORRECTED, now, _key(public_id)),
    )


def _key(public_id: str) -> str:
    return f"{LOW}:{public_id}:"
