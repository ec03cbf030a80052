"""What is told of the made-up past agrees with what turnet does: prices, answers, opinions, and what waits."""

import json
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from tests.db.demo.conftest import KEY, MadeUp, StoodClock
from turnet.checkin.model import BEFORE
from turnet.clinic.model import Clinic
from turnet.conversation.meaning import Asked, Meaning, read
from turnet.db.transactions import fetch, tx
from turnet.demo.clock import advance
from turnet.demo.mailbox import items
from turnet.feedback.stats import Tally
from turnet.messaging.compose import Composer
from turnet.messaging.sms_text import parts
from turnet.messaging.texting import month_of, policy
from turnet.reminders.service import plan, take_due
from turnet.reports import queries as reports
from turnet.reports.model import gain, total

pytestmark = pytest.mark.slow


async def test_each_sms_has_the_parts_and_the_price_of_its_text(demo: Clinic, made_up: MadeUp) -> None:
    """Composed as the pretend phone does; the newest of each kind in English."""
    composer, price = Composer(made_up.settings, KEY), (await policy()).price
    newest = await fetch(
        "SELECT m.kind, m.recipient, m.id, m.parts, m.cost FROM message m WHERE m.channel = 'sms' AND m.parts > 0 "
        "AND m.language = 'en' AND m.due_at = (SELECT max(n.due_at) FROM message n WHERE n.kind = m.kind AND n.language = m.language "
        "AND n.channel = 'sms' AND n.parts > 0)"
    )
    wrong = []
    for kind, recipient, id, count, cost in newest:
        [text] = [item.text for item in await items(recipient, demo, composer) if item.id == UUID(str(id))] or [""]
        if (parts(text), parts(text) * (price or 0)) != (count, cost):
            wrong.append((kind, count, parts(text), text))

    assert wrong == []
    assert len({kind for kind, *_rest in newest}) >= 12


_MEANS = {Asked.CONFIRM: Meaning.YES, Asked.CHECKIN: Meaning.HERE, Asked.SCORE: Meaning.SCORE, Asked.WHY: Meaning.WORDS}


async def test_every_made_up_answer_means_what_was_made_of_it(demo: Clinic) -> None:
    answers = await fetch(
        "SELECT p.kind, p.language, i.text, f.score FROM inbound i JOIN prompt p ON p.id = i.prompt "
        "JOIN prompt_subject s ON s.prompt = p.id LEFT JOIN feedback f ON f.booking = s.booking"
    )
    readings = {
        (kind, language, text): read(text, Asked(kind), language=language) for kind, language, text, _score in answers
    }

    assert {key: one for key, one in readings.items() if one.meaning is not _MEANS[Asked(key[0])]} == {}
    assert [
        (text, score)
        for kind, language, text, score in answers
        if kind == "score" and readings[kind, language, text].score != score
    ] == []
    assert len(answers) > 1000


async def test_visits_are_what_was_answered(demo: Clinic) -> None:
    confirmed = await fetch("SELECT count(*) FROM booking WHERE state = 'confirmed'")
    answered = await fetch(
        "SELECT count(DISTINCT b.id) FROM booking b JOIN prompt_subject s ON s.booking = b.id JOIN prompt p "
        "ON p.id = s.prompt WHERE b.state = 'confirmed' AND p.kind = 'confirm' AND p.state = 'answered'"
    )
    by = dict(await fetch("SELECT checked_in_by, count(*) FROM booking WHERE state = 'done' GROUP BY checked_in_by"))
    by_sms = await fetch(
        "SELECT count(DISTINCT s.booking) FROM prompt_subject s JOIN prompt p ON p.id = s.prompt JOIN booking b "
        "ON b.id = s.booking WHERE p.kind = 'checkin' AND p.state = 'answered' AND b.state = 'done' "
        "AND b.checked_in_by = 'sms'"
    )

    assert confirmed == answered
    assert (by["sms"], by["sms"] > by["door"] > by["tablet"] > 10) == (by_sms[0][0], True)


async def test_nobody_was_checked_in_before_the_door_opens(demo: Clinic) -> None:
    rows = await fetch(
        "SELECT b.starts_at, e.at FROM booking_event e JOIN booking b ON b.id = e.booking WHERE e.act = 'checked_in'"
    )

    assert [at for starts_at, at in rows if at < starts_at - BEFORE] == []
    assert len(rows) > 100


async def test_opinions_are_believable(demo: Clinic, made_up: MadeUp) -> None:
    scores = dict(await fetch("SELECT score, count(*) FROM feedback WHERE score IS NOT NULL GROUP BY score"))
    [(asked,)] = await fetch("SELECT count(*) FROM feedback")
    tally = Tally(asked, scores)
    comments = await fetch(
        "SELECT DISTINCT b.language FROM feedback f JOIN booking b ON b.id = f.booking WHERE f.comment <> ''"
    )
    low = await fetch("SELECT DISTINCT state FROM feedback WHERE score <= 6")

    assert tally.nps is not None
    assert (45 <= tally.nps.score <= 65, 0.3 < (tally.rate or 0) < 0.6) == (True, True), tally.nps
    assert {language for (language,) in comments} >= {"en", "he"} | ({"fi"} if made_up.lang != "he" else set())
    assert sorted(state for (state,) in low) == ["called_back", "new"]


async def test_nobody_was_asked_twice_within_a_month(demo: Clinic) -> None:
    asked = await fetch("SELECT contact, asked_at FROM feedback ORDER BY contact, asked_at")
    between = [
        later - earlier
        for (one, earlier), (other, later) in pairwise(asked)
        if one == other
    ]  # fmt: skip

    assert min(between) >= timedelta(days=30)


async def test_last_month_saved_chairs_and_money(demo: Clinic, demo_clock: StoodClock) -> None:
    now = demo_clock.now()
    first, _next = month_of(now, demo.zone)
    bounds = month_of(first - timedelta(days=1), demo.zone)
    [rooms] = await reports.months(demo, bounds, now=now)
    use = total(rooms)
    found = gain(use, await reports.baseline())

    assert found.net is not None
    assert (found.net.low > 0, use.unpriced, use.late_cancellations > 3, use.outside_hours > 10) == (
        True,
        0,
        True,
        True,
    )


async def test_some_messages_did_not_arrive(demo: Clinic) -> None:
    failed = await fetch(
        "SELECT count(DISTINCT m.recipient) FROM message m JOIN booking b ON b.id = m.booking "
        "WHERE m.state = 'failed' AND m.kind = 'reminder' AND b.state = 'booked'"
    )
    states = dict(await fetch("SELECT state, count(*) FROM message WHERE channel = 'sms' GROUP BY state"))

    assert failed[0][0] in {1, 2, 3}
    assert (sorted(states), states["delivered"] > 50 * states["failed"]) == (["delivered", "failed"], True)


async def test_a_few_sms_wait_for_a_person(demo: Clinic) -> None:
    open_ = await fetch("SELECT why, count(*) FROM conversation WHERE state = 'open' GROUP BY why")
    strangers = await fetch(
        "SELECT count(*) FROM conversation c WHERE c.state = 'open' AND NOT EXISTS "
        "(SELECT 1 FROM contact_point p WHERE p.value = c.phone)"
    )

    assert (dict(open_)["unclear"], strangers) == (3, [(1,)])


class Undo(Exception):
    """The clinic is only looked at."""


async def test_nothing_is_due_twice_when_the_clock_moves_on(demo: Clinic, demo_clock: StoodClock) -> None:
    start = demo_clock.now()
    try:
        async with tx():

            async def run_due() -> None:
                await plan(demo_clock.now())
                await take_due(demo_clock.now())

            await advance(demo_clock, timedelta(days=3), run_due)
            new = await fetch("SELECT facts, recipient, booking FROM message WHERE created_at > {}", start)
            stale = await fetch(
                "SELECT s.rule, s.booking FROM step s JOIN message m ON m.id = s.message "
                "WHERE m.created_at > {} AND s.due_at <= {}",
                *(start, start),
            )
            twice = await fetch(
                "SELECT booking, rule FROM step WHERE state = 'taken' GROUP BY booking, visit_no, rule HAVING count(*) > 1"
            )
            raise Undo
    except Undo:
        pass

    rules = {json.loads(facts).get("rule") for facts, _recipient, _booking in new}
    assert (stale, twice) == ([], [])
    assert {"one_day", "two_days", "checkin", "instructions"} <= rules
