"""Rows of what made-up people wrote back: questions, answers, our replies, feedback, and what waits in the inbox."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any

from turnet import clock as minutes
from turnet.conversation.meaning import Asked
from turnet.conversation.prompts import LETTERS
from turnet.demo.lives import Answer, Lives, Opinion, Question
from turnet.demo.messages import Letters
from turnet.demo.rows import insert, public_id
from turnet.feedback.model import feedback_token
from turnet.ids import token_hash

PROVIDER = "file"


async def write_questions(
    lives: Lives, letters: Letters, bookings: Sequence[int], names: Sequence[str]
) -> dict[str, int]:
    """Questions, answers and replies; `names`: of each visit's patient. Returns phone → when it last wrote."""
    asked = [
        (question, after)
        for questions in lives.by_phone().values()
        for question, after in zip(questions, [*questions[1:], None], strict=True)
    ]
    found = await insert(
        "prompt", "message our_number phone kind state language asked_at expires_at ended_at",
        [_prompt(question, after, lives.now) for question, after in asked], by="message",
    )  # fmt: skip
    prompts = {uuid.UUID(str(message)): id for message, id in found.items()}
    await insert(
        "prompt_subject", "prompt booking visit_no letter wish",
        [
            (prompts[question.message], bookings[place], 1, letter, _wish(question))
            for question, _after in asked
            for place, letter in zip(question.visits, LETTERS, strict=False)
        ],
    )  # fmt: skip
    answered = [(one, one.answer) for one, _after in asked if one.answer]
    answered.sort(key=lambda pair: (pair[1].at, pair[0].message))
    inbound = await write_received(
        received(
            one.phone, answer.text, minutes.instant(answer.at), str(answer.id), answer.outcome, prompts[one.message]
        )
        for one, answer in answered
    )
    for one, answer in answered:
        _reply(one, answer, letters, bookings, names, inbound[str(answer.id)])
    return {one.phone: answer.at for one, answer in answered}


def _prompt(question: Question, after: Question | None, now: int) -> tuple[Any, ...]:
    """`after`: what the same telephone was asked next."""
    state, ended = "open", None
    if question.answer:
        state, ended = "answered", question.answer.at
    elif after is not None and after.at < question.until:
        state, ended = "closed", after.at
    elif question.until <= now:
        state, ended = "expired", question.until
    return (
        question.message, "", question.phone, str(question.kind), state, question.language,
        minutes.instant(question.at), minutes.instant(question.until), None if ended is None else minutes.instant(ended),
    )  # fmt: skip


def _wish(question: Question) -> str:
    return json.dumps({"low": question.low}) if question.kind is Asked.WHY else "{}"


_INBOUND = (
    "provider provider_id sender our_number text raw said_at received_at at state attempts prompt outcome done_at"
)


def received(phone: str, text: str, at: datetime, id: str, outcome: str, prompt: int | None = None) -> tuple[Any, ...]:
    raw = json.dumps({"from": phone, "text": text}, ensure_ascii=False)
    return (PROVIDER, id, phone, "", text, raw, at, at, at, "done", 1, prompt, outcome, at)


def _reply(
    one: Question, answer: Answer, letters: Letters, bookings: Sequence[int], names: Sequence[str], inbound: int
) -> None:
    facts: dict[str, Any] = {"visits": [bookings[place] for place in answer.visits]}
    if one.kind in {Asked.CONFIRM, Asked.CHECKIN}:
        facts["names"] = len({names[place] for place in one.visits}) > 1
    if one.kind is Asked.CHECKIN:
        facts["late"] = 0
    letters.add(
        answer.reply, one.phone, one.language, bookings[answer.visits[0]], id=answer.id, at=answer.at,
        until=answer.at + 30, dedupe=f"answer:{inbound}", facts=facts, inbound=inbound,
    )  # fmt: skip


async def write_opinions(
    opinions: Sequence[Opinion], bookings: Sequence[int], patients: Sequence[int], key: bytes, rng: Random
) -> None:
    """`patients`: of each visit."""
    rows = []
    for one in opinions:
        public = public_id(rng)
        rows.append((
            public, bookings[one.visit], patients[one.visit], token_hash(feedback_token(key, public)),
            one.contact, one.channel, one.by, one.score, one.words, minutes.instant(one.asked),
            _at(one.scored), _at(one.said), one.state, 1 if one.state == "new" else 2,
        ))  # fmt: skip
    await insert(
        "feedback",
        "public_id booking patient token_hash contact channel answered_by score comment asked_at scored_at "
        "commented_at state version",
        rows,
    )


def _at(at: int | None) -> datetime | None:
    return None if at is None else minutes.instant(at)


async def write_conversations(wrote: Mapping[str, int], rng: Random, waiting: Mapping[str, tuple[str, int]]) -> None:
    """`wrote`: phone → when it last did; `waiting`: phone → why a person has to look, and since when."""
    rows = []
    for phone, last in sorted({**wrote, **{phone: at for phone, (_why, at) in waiting.items()}}.items()):
        why, since = waiting.get(phone, ("", None))
        rows.append((public_id(rng), phone, "open" if why else "done", why, _at(since), minutes.instant(last)))
    await insert("conversation", "public_id phone state why since last_at", rows)


async def write_received(rows: Iterable[tuple[Any, ...]]) -> dict[str, int]:
    """Rows of `received`; ids by what the provider calls each."""
    return await insert("inbound", _INBOUND, list(rows), by="provider_id")
