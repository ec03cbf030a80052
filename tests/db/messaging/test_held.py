"""After a restore nothing is sent until a person has looked; a person may also send one message again."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.db.messaging.acts import a_booking, rows
from tests.factories import a_clinic
from turnet._checkout import alias
from turnet.booking.model import Visit
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import effects_done, fetch, tx
from turnet.errors import Unavailable
from turnet.messaging import held, outbox
from turnet.messaging.held import Ended, NotAgain, NotHeld, Released, Waiting
from turnet.pulse import Pulse
from turnet.reminders import service as reminders
from turnet.settings import Settings
from turnet.watch.look import Watch

alias()
from turnet.tasks.remind import remind  # noqa: E402

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def a_visit(clock: FrozenClock, **more: Any) -> Visit:
    return await a_booking(await a_clinic(), clock, **more)


async def hold(clock: FrozenClock) -> None:
    """What a restore does."""
    await fetch("UPDATE clinic SET sending_held_at = {} WHERE id = 1", clock.real())


async def add(clock: FrozenClock, dedupe: str, due_at: datetime, **more: Any) -> None:
    facts: dict[str, Any] = {
        "channel": "email",
        "recipient": "dana@example.com",
        "language": "en",
        "not_after": due_at + DAY,
        "now": clock.now() - DAY,
    }
    async with tx():
        await outbox.add(more.pop("kind", "booking_confirmed"), dedupe=dedupe, due_at=due_at, **facts | more)


async def a_step(clock: FrozenClock, visit: Visit, due_at: datetime, channel: str = "sms", **more: Any) -> None:
    row = {"state": "waiting", "visit_no": 1, "message": None} | more
    await fetch(
        "INSERT INTO step (booking, visit_no, rule, channel, due_at, state, message, reason, created_at) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, '', {})",
        *(visit.id, row["visit_no"], f"rule {due_at:%H:%M}", channel, due_at, row["state"], row["message"]),
        clock.now() - DAY,
    )


async def claimed(clock: FrozenClock) -> int:
    rows = await outbox.claim(100, channel="email", repeatable=True, now=clock.now(), real=clock.real())
    return len(rows)


# --- what waits


async def test_nothing_is_held_unless_something_was_restored(engine: AnyEngine, clock: FrozenClock) -> None:
    before = await held.held_since()
    await a_clinic()
    unrestored = await held.held_since()
    await hold(clock)

    assert (before, unrestored, await held.held_since()) == (None, None, clock.real())


async def test_what_was_due_before_the_restore_may_have_been_sent_already(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    visit, now = await a_visit(clock), clock.now()
    await add(clock, "later", now + HOUR, booking=visit.id)
    await add(clock, "earlier", now - HOUR, channel="sms", recipient="+358401234567")
    await add(clock, "to the server", now - HOUR, kind="incident")
    await hold(clock)

    assert await held.waiting(now) == [
        Waiting("booking_confirmed", "sms", "+358…4567", now - HOUR, "", older=True),
        Waiting("booking_confirmed", "email", "d…@example.com", now + HOUR, visit.reference, older=False),
    ]


async def test_what_was_tried_in_vain_says_why_without_the_number(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_visit(clock)
    await add(clock, "tried", clock.now(), channel="sms", recipient="+358401234567")
    await fetch("UPDATE message SET error = {} WHERE channel = 'sms'", "+358401234567 is not answered")

    assert [one.trouble for one in await held.waiting(clock.now())] == ["+358…4567 is not answered"]


async def test_what_was_being_sent_when_the_copy_was_made_waits_and_what_had_ended_does_not(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    await a_visit(clock)
    for state in ("sending", "sent", "delivered", "failed", "cancelled", "skipped", "unknown"):
        await add(clock, state, clock.now(), recipient=f"{state}@{state}.example")
        await fetch("UPDATE message SET state = {} WHERE dedupe = {}", state, state)
    await hold(clock)

    assert [one.recipient for one in await held.waiting(clock.now())] == ["s…@sending.example"]


async def test_a_reminder_is_as_old_as_its_oldest_step_and_stands_once(engine: AnyEngine, clock: FrozenClock) -> None:
    visit, now = await a_visit(clock), clock.now()
    await add(clock, "both", now, kind="reminder", booking=visit.id)
    [(message,)] = await rows("id")
    for due_at in (now - HOUR, now):
        await a_step(clock, visit, due_at, state="taken", message=message)
    await hold(clock)

    assert await held.waiting(now) == [
        Waiting("reminder", "email", "d…@example.com", now, visit.reference, older=True),
    ]


async def test_reminders_that_are_overdue_wait_too(engine: AnyEngine, clock: FrozenClock) -> None:
    visit, now = await a_visit(clock), clock.now()
    await a_step(clock, visit, now - HOUR)
    await a_step(clock, visit, now + HOUR, "email")
    await a_step(clock, visit, now - 2 * HOUR, visit_no=7)
    await hold(clock)

    assert await held.waiting(now) == [
        Waiting("reminder", "sms", "+358…4567", now - HOUR, visit.reference, older=True),
    ]


async def test_overdue_reminders_keep_their_time_while_sending_is_held(
    settings: Settings, engine: AnyEngine, clock: FrozenClock
) -> None:
    """Taking them, or moving them out of quiet hours, would hide that they may have been sent already."""
    visit, due_at = await a_visit(clock), clock.now() - HOUR
    await a_step(clock, visit, due_at)
    clock.advance(hours=12)
    await hold(clock)

    await remind({"clock": clock, "watch": Watch(settings, clock, Pulse())})

    assert await fetch("SELECT state, due_at FROM step WHERE due_at = {}", due_at) == [("waiting", due_at)]


async def test_steps_are_made_while_sending_is_held_so_that_the_list_is_whole(
    settings: Settings, engine: AnyEngine, clock: FrozenClock
) -> None:
    """A backup of last week knows nothing of what falls due this week."""
    visit = await a_visit(clock)
    await hold(clock)
    await remind({"clock": clock, "watch": Watch(settings, clock, Pulse())})

    made = await fetch("SELECT booking, state FROM step ORDER BY rule")
    assert {booking for booking, _state in made} == {visit.id}
    assert await fetch("SELECT count(*) FROM message WHERE kind = 'reminder'") == [(0,)]


async def test_control_without_the_hold_they_do_not(settings: Settings, engine: AnyEngine, clock: FrozenClock) -> None:
    visit, due_at = await a_visit(clock), clock.now() - HOUR
    await a_step(clock, visit, due_at)
    clock.advance(hours=12)

    await remind({"clock": clock, "watch": Watch(settings, clock, Pulse())})

    assert await fetch("SELECT count(*) FROM step WHERE state = 'waiting' AND due_at = {}", due_at) == [(0,)]


@pytest.mark.parametrize(
    ("recipient", "masked"),
    [
        ("+358401234567", "+358…4567"),
        ("dana@example.com", "d…@example.com"),
        ("dana@levi@example.com", "d…@example.com"),
        ("+35840123", "…23"),
        ("", "…"),
    ],
)
def test_masked_is_enough_to_recognise_and_not_to_use(recipient: str, masked: str) -> None:
    assert held.masked(recipient) == masked


# --- letting go


async def test_release_lets_everything_leave_and_wakes_the_worker(engine: AnyEngine, clock: FrozenClock) -> None:
    woken: list[str] = []

    async def wake() -> None:
        woken.append("up")

    await a_visit(clock)
    for number in range(3):
        await add(clock, f"row {number}", clock.now() - number * HOUR)
    await hold(clock)
    stopped = await claimed(clock)
    outbox.on_new(wake)

    released = await held.release(clock.now(), drop_older=False)
    await effects_done()
    outbox.on_new(outbox._sleep_on)

    assert (stopped, released, woken) == (0, Released(3, 0), ["up"])
    assert (await claimed(clock), await held.held_since()) == (3, None)


async def test_control_without_a_hold_they_would_have_left(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_visit(clock)
    await add(clock, "row", clock.now())

    assert await claimed(clock) == 1


async def test_release_with_drop_older_never_sends_what_was_due_before_the_restore(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    visit, now = await a_visit(clock), clock.now()
    await add(clock, "older", now - HOUR)
    await add(clock, "newer", now)
    await add(clock, "for the server", now - HOUR, kind="incident")
    await a_step(clock, visit, now - HOUR)
    await a_step(clock, visit, now)
    await hold(clock)

    released = await held.release(now, drop_older=True)

    assert released == Released(waiting=2, dropped=2)
    assert await fetch("SELECT dedupe, state, error, finished_at FROM message ORDER BY dedupe") == [
        ("for the server", "queued", None, None),
        ("newer", "queued", None, None),
        ("older", "cancelled", "probably sent before the restore", now),
    ]
    assert await fetch("SELECT state, reason FROM step ORDER BY due_at") == [
        ("dropped", "probably sent before the restore"),
        ("waiting", ""),
    ]
    assert await claimed(clock) == 2


async def test_a_reminder_with_an_older_step_is_dropped_whole(engine: AnyEngine, clock: FrozenClock) -> None:
    visit, now = await a_visit(clock), clock.now()
    await add(clock, "both", now, kind="reminder", booking=visit.id)
    [(message,)] = await rows("id")
    for due_at in (now - HOUR, now):
        await a_step(clock, visit, due_at, state="taken", message=message)
    await hold(clock)

    released = await held.release(now, drop_older=True)

    assert (released, await rows("state")) == (Released(0, 1), [("cancelled",)])


async def test_release_twice_is_refused(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_visit(clock)
    await add(clock, "older", clock.now() - HOUR)
    await hold(clock)
    await held.release(clock.now(), drop_older=False)

    with pytest.raises(NotHeld, match="nothing is held"):
        await held.release(clock.now(), drop_older=True)
    assert await rows("state") == [("queued",)]


async def test_release_that_fails_changes_nothing(
    engine: AnyEngine, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_visit(clock)
    await add(clock, "older", clock.now() - HOUR)
    await hold(clock)

    async def power_cut(*_: Any) -> list[Waiting]:
        raise ConnectionResetError

    monkeypatch.setattr(held, "waiting", power_cut)
    with pytest.raises(Unavailable):
        await held.release(clock.now(), drop_older=True)

    assert (await held.held_since(), await rows("state")) == (clock.real(), [("queued",)])


async def test_released_reminders_go_their_usual_way(engine: AnyEngine, clock: FrozenClock) -> None:
    visit = await a_visit(clock, starts_at=clock.now() + DAY)
    await a_step(clock, visit, clock.now() - HOUR)
    await fetch("UPDATE step SET rule = 'one_day'")
    await hold(clock)
    await held.release(clock.now(), drop_older=False)

    await reminders.take_due(clock.now())

    assert await rows("kind", "state", "recipient") == [("reminder", "queued", "+358401234567")]


async def test_server_says_once_that_sending_is_held(
    engine: AnyEngine, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    await a_clinic()
    await held.say_if_held()
    silent = list(caplog.messages)
    await hold(clock)

    await held.say_if_held()

    assert silent == []
    assert "\n".join(caplog.messages) == (
        "nothing is sent to people since the restore of 2026-12-01 08:42 UTC: turnet outbox shows what waits, "
        "turnet outbox release lets it go"
    )


# --- once more


async def ended(clock: FrozenClock, state: str, *, channel: str = "sms", **more: Any) -> uuid.UUID:
    """A message that was tried three times and ended so."""
    recipient = "+358401234567" if channel == "sms" else "dana@example.com"
    await add(clock, f"{state} {channel}", clock.now() - HOUR, channel=channel, recipient=recipient, **more)
    await fetch(
        "UPDATE message SET state = {}, attempts = 3, error = {}, finished_at = {}, provider_id = 'p1' WHERE dedupe = {}",
        *(state, f"550 {recipient} is unknown", clock.now(), f"{state} {channel}"),
    )
    [(id,)] = await fetch("SELECT id FROM message WHERE dedupe = {}", f"{state} {channel}")
    return uuid.UUID(str(id))


async def test_what_failed_lately_and_what_nobody_knows_is_listed_without_the_address(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    await a_clinic()
    unknown, failed = await ended(clock, "unknown"), await ended(clock, "failed", channel="email")
    await ended(clock, "sent")
    clock.advance(days=8)
    late = await ended(clock, "failed")

    found = await held.troubled(clock.now())

    assert [(one.id, one.state) for one in found] == [(late, "failed"), (unknown, "unknown")]
    assert found[0] == Ended(
        late, "failed", "booking_confirmed", "sms", "+358…4567", clock.now(), "550 +358…4567 is unknown"
    )
    assert failed not in [one.id for one in found]
    assert await held.counts() == {"failed": 2, "sent": 1, "unknown": 1}


@pytest.mark.parametrize("channel", ["sms", "email"])
async def test_an_unknown_message_is_queued_again_under_its_own_id(
    engine: AnyEngine, clock: FrozenClock, channel: str
) -> None:
    """A gateway that had taken it recognises the id and does not send it twice."""
    visit = await a_visit(clock)
    id = await ended(clock, "unknown", channel=channel, booking=visit.id)
    clock.advance(minutes=10)

    queued = await held.again(id, clock.now())

    assert queued == id
    assert await rows("state", "due_at", "attempts", "error", "finished_at", "provider_id") == [
        ("queued", clock.now(), 1, None, None, None)
    ]


async def test_a_failed_sms_gets_another_id_and_its_steps_follow(engine: AnyEngine, clock: FrozenClock) -> None:
    """A gateway that knows the old id would answer that it has it, and send nothing."""
    visit = await a_visit(clock)
    id = await ended(clock, "failed", kind="reminder", booking=visit.id)
    await a_step(clock, visit, clock.now(), state="taken", message=id)

    queued = await held.again(id, clock.now())

    assert queued != id
    assert await fetch("SELECT count(*) FROM message m JOIN step s ON s.message = m.id WHERE m.id = {}", queued) == [
        (1,)
    ]


async def test_a_message_that_was_never_tried_is_as_new(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_visit(clock)
    id = await ended(clock, "failed", channel="email")
    await fetch("UPDATE message SET attempts = 0")

    await held.again(id, clock.now())

    assert await rows("state", "attempts") == [("queued", 0)]


async def test_a_deadline_that_has_passed_becomes_an_hour_from_now_and_another_stays(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    await a_visit(clock)
    stays, passed = await ended(clock, "failed", channel="email"), await ended(clock, "unknown")
    await fetch("UPDATE message SET not_after = {} WHERE state = 'unknown'", clock.now())

    for id in (stays, passed):
        await held.again(id, clock.now())

    assert await fetch("SELECT not_after FROM message ORDER BY channel") == [
        (clock.now() - HOUR + DAY,),
        (clock.now() + HOUR,),
    ]


@pytest.mark.parametrize("state", ["queued", "sending", "sent", "delivered", "cancelled", "skipped"])
async def test_only_what_failed_or_is_unknown_can_be_sent_again(
    engine: AnyEngine, clock: FrozenClock, state: str
) -> None:
    await a_visit(clock)
    id = await ended(clock, state)

    with pytest.raises(NotAgain, match=f"message {id} is {state}: only one that failed or is unknown"):
        await held.again(id, clock.now())
    assert await rows("state", "attempts") == [(state, 3)]


async def test_nothing_is_said_of_a_visit_that_has_begun(engine: AnyEngine, clock: FrozenClock) -> None:
    visit = await a_visit(clock, starts_at=clock.now())
    id = await ended(clock, "failed", booking=visit.id)

    with pytest.raises(NotAgain, match="has begun: there is nothing left to say"):
        await held.again(id, clock.now())


@pytest.mark.parametrize("kind", ["aftercare", "feedback", "service_offer"])
async def test_what_is_meant_for_afterwards_may_be_sent_again_then(
    engine: AnyEngine, clock: FrozenClock, kind: str
) -> None:
    visit = await a_visit(clock, starts_at=clock.now() - HOUR)
    id = await ended(clock, "failed", booking=visit.id)
    await fetch("UPDATE message SET kind = {} WHERE id = {}", kind, id)

    await held.again(id, clock.now())

    assert await rows("state") == [("queued",)]


async def test_a_message_that_is_not_there_is_not_sent_again(engine: AnyEngine, clock: FrozenClock) -> None:
    nobody = uuid.UUID(int=1)

    with pytest.raises(NotAgain, match=f"there is no message {nobody}"):
        await held.again(nobody, clock.now())
