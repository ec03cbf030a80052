"""What SMS of ours said. Their texts are not kept: each is composed again, and shown only if it is what left.

The links in them are left out: they act for the patient.
"""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from jinja2 import TemplateError

from turnet.booking.model import Visit
from turnet.booking.queries import visits_by_id
from turnet.clinic.model import Clinic
from turnet.db.transactions import fetch, marks
from turnet.messaging.compose import Composer
from turnet.messaging.kinds import KINDS, About
from turnet.messaging.manner import PLAIN, Manner
from turnet.messaging.matter import manner_of
from turnet.messaging.outbox import Claimed
from turnet.messaging.preview import without_links
from turnet.messaging.sms_text import gist
from turnet.reminders.model import Round
from turnet.reminders.queries import rounds

MOST = 40
"""Of one page: composing more would hold up everybody."""


async def texts(ids: Sequence[str], clinic: Clinic, composer: Composer) -> Mapping[str, str]:
    """Row id → text without links, of the newest `MOST` (`ids` end with those) that can be known for sure."""
    rows = await _rows(ids[-MOST:])
    if not rows:
        return {}
    spoken_of = await _spoken_of([row for row, _gist in rows])
    visits = {visit.id: visit for visit in await visits_by_id({id for ids in spoken_of.values() for id in ids})}
    named = {one.name: one for one in await rounds()}
    found = {}
    for row, left in rows:
        theirs = [visits[id] for id in spoken_of[row.id] if id in visits]
        if len(theirs) == len(spoken_of[row.id]):
            found[str(row.id)] = _said(row, left, theirs, named, clinic, composer)
    return {id: text for id, text in found.items() if text}


async def _rows(ids: Sequence[str]) -> list[tuple[Claimed, str]]:
    """Each with the gist of what left; empty while nothing has."""
    if not ids:
        return []
    rows = await fetch(
        "SELECT id, kind, recipient, language, booking, sequence, facts, due_at, not_after, finished_at, gist "  # noqa: S608
        f"FROM message WHERE channel = 'sms' AND id IN ({marks(ids)})",
        *(uuid.UUID(id) for id in ids),
    )
    return [
        (
            Claimed(
                uuid.UUID(str(id)), kind, "sms", to, language, booking, sequence, json.loads(facts), due_at, not_after, 1,
                "", finished_at or due_at,
            ),
            left,
        )
        for id, kind, to, language, booking, sequence, facts, due_at, not_after, finished_at, left in rows
        if kind in KINDS
    ]  # fmt: skip


async def _spoken_of(rows: Sequence[Claimed]) -> dict[uuid.UUID, list[int]]:
    """Row → the visits that it speaks of."""
    carried: dict[uuid.UUID, list[int]] = {}
    steps = await fetch(
        f"SELECT message, booking FROM step WHERE state = 'taken' AND message IN ({marks(rows)})",  # noqa: S608
        *(row.id for row in rows),
    )
    for message, booking in steps:
        carried.setdefault(uuid.UUID(str(message)), []).append(booking)
    own = {row.id: [] if row.booking is None else [row.booking] for row in rows}
    said = {row.id: list(row.facts["visits"]) for row in rows if KINDS[row.kind].about is About.ANSWER}
    return own | carried | said


def _said(
    row: Claimed, left: str, visits: Sequence[Visit], named: Mapping[str, Round], clinic: Clinic, composer: Composer
) -> str:
    """Empty where what would be said now is not what was said then."""
    by_start = sorted(visits, key=lambda visit: (visit.starts_at, visit.id))
    for then, manner in _as_they_were(row, by_start, named, composer):
        try:
            _subject, text = composer.wording(row, then, clinic, now=row.lease_until, manner=manner)
        except (LookupError, TemplateError):  # it speaks of more than is there by now
            continue
        if gist(text) == left or (not left and _never_moved(visits)):
            return without_links(text, composer.key, row, then, manner)
    return ""


def _never_moved(visits: Sequence[Visit]) -> bool:
    """Then what waits, and what left before gists were kept, says what they were told."""
    return all(visit.visit_no == 1 for visit in visits)


def _as_they_were(
    row: Claimed, visits: Sequence[Visit], named: Mapping[str, Round], composer: Composer
) -> Iterator[tuple[Sequence[Visit], Manner]]:
    """The visits as they are, or before the one was moved; the wording as the round is set now, or was."""
    versions = [visits]
    if len(visits) == 1 and visits[0].moved_from:
        versions.append([replace(visits[0], starts_at=visits[0].moved_from)])
    for then in versions:
        for manner in _manners(named.get(row.facts.get("rule", "")), composer):
            yield then, manner
            yield then, replace(manner, named=True)


def _manners(round: Round | None, composer: Composer) -> Iterator[Manner]:
    if round is None:
        yield PLAIN
        return
    for answers in (round.answers, not round.answers):
        for folded in (False, True):
            yield manner_of(replace(round, answers=answers), "sms", composer.settings, folded=folded)
