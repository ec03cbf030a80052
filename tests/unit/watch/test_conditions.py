"""Each thing that can be wrong, at its limit and beyond, beside the healthy installation that has none."""

from dataclasses import replace
from typing import Any

import pytest

from turnet.watch.conditions import CONDITIONS, ready, troubles, well
from turnet.watch.seen import Seen

MB, GB, HOUR = 1 << 20, 1 << 30, 3600.0

HEALTHY = Seen(
    disk_free_bytes=30 * GB,
    disk_size_bytes=50 * GB,
    backup_age_seconds=3 * HOUR,
    backup_bytes=5 * MB,
    installed_seconds=400 * 24 * HOUR,
    up_seconds=9 * HOUR,
    loop_lag_seconds=0.01,
    worker_silent_seconds=4.0,
    messages_queued=7,
    oldest_message_waiting_seconds=3.0,
)

CASES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    (
        "database_unwritable", {"database_writes": True}, {"database_writes": False},
        "the database takes no writes: nothing can be booked or changed",
    ),
    ("disk_little", {"disk_free_bytes": 5 * GB}, {"disk_free_bytes": 5 * GB - 1}, "only 5119 MB are free"),
    (
        "disk_little", {"disk_free_bytes": GB, "disk_size_bytes": 4 * GB},
        {"disk_free_bytes": 999 * MB, "disk_size_bytes": 4 * GB}, "only 999 MB are free",
    ),
    (
        "disk_little", {"disk_free_bytes": 10 * GB, "disk_size_bytes": 4000 * GB},
        {"disk_free_bytes": 9 * GB, "disk_size_bytes": 4000 * GB}, "only 9216 MB are free",
    ),
    (
        "clocks_apart", {"clock_offset_seconds": -2.0}, {"clock_offset_seconds": -3.0},
        "the clock is 3 s off the database's",
    ),
    (
        "clock_leapt", {"clock_ahead_seconds": 0.0}, {"clock_ahead_seconds": 660.0},
        "the clock leapt forward by 11 minutes: reminders wait",
    ),
    (
        "outbox_stuck", {"oldest_message_waiting_seconds": 600.0}, {"oldest_message_waiting_seconds": 660.0},
        "a message has been waiting for 11 minutes",
    ),
    (
        "messages_failing", {"messages_failed_last_hour": 2, "messages_tried_in_vain": 1},
        {"messages_failed_last_hour": 3},
        "in the last hour 3 messages could not be delivered; 0 more are being tried for half an hour",
    ),
    (
        "messages_failing", {}, {"messages_tried_in_vain": 2},
        "in the last hour 0 messages could not be delivered; 2 more are being tried for half an hour",
    ),
    (
        "messages_failing", {"messages_tried_in_vain": 1},
        {"messages_tried_in_vain": 1, "messages_tried_for_hours": 1}, "one message is being tried for two hours",
    ),
    ("sms_unknown", {}, {"messages_unknown_lately": 2}, "of 2 SMS of the last two days nobody knows whether they left"),
    (
        "sms_unreported", {"sms_unreported": 0}, {"sms_unreported": 7},
        "of 7 SMS the gateway has not said for hours what became of them, of none at all",
    ),
    (
        "replies_silent", {"replies_missing_days": 0.0}, {"replies_missing_days": 2.2},
        "nobody's answer by SMS has come in for 2 days, though many were asked",
    ),
    (
        "sms_budget", {"sms_budget_share": 0.799}, {"sms_budget_share": 0.8},
        (
            "80 % of the month's budget for SMS is spent: when it is spent, only reminders, cancellations, answers "
            "and what staff write leave"
        ),
    ),
    (
        "sms_budget", {"sms_budget_share": None}, {"sms_budget_share": 1.02},
        (
            "102 % of the month's budget for SMS is spent: only reminders, cancellations, answers and what staff "
            "write still leave"
        ),
    ),
    (
        "reminders_missed", {}, {"reminders_missed_lately": 4},
        "4 reminders of the last two days came too late to be sent",
    ),
    (
        "backup_old", {"backup_age_seconds": 26 * HOUR}, {"backup_age_seconds": 27 * HOUR},
        "the newest backup is 27 hours old",
    ),
    (
        "backup_old", {"backup_age_seconds": None, "installed_seconds": 26 * HOUR},
        {"backup_age_seconds": None, "installed_seconds": 27 * HOUR}, "there is no backup",
    ),
    (
        "sending_held", {"sending_held_seconds": None}, {"sending_held_seconds": 5400.0},
        "nothing is sent to people since a restore",
    ),
    ("loop_slow", {"loop_lag_seconds": 2.0}, {"loop_lag_seconds": 2.5}, "the server answers 2.5 s late"),
    (
        "worker_silent", {"worker_silent_seconds": 60.0}, {"worker_silent_seconds": 61.0},
        "the worker has not been seen for 61 s",
    ),
    ("job_failing", {"jobs_failing": ()}, {"jobs_failing": ("remind",)}, "fails each time: remind"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "fine", "wrong", "what"), CASES, ids=[case[0] for case in CASES])
def test_trouble_begins_beyond_its_limit(name: str, fine: dict[str, Any], wrong: dict[str, Any], what: str) -> None:
    assert troubles(replace(HEALTHY, **fine)) == []
    assert [(one.name, one.what) for one in troubles(replace(HEALTHY, **wrong))] == [(name, what)]


def test_almost_full_disk_is_also_little() -> None:
    found = troubles(replace(HEALTHY, disk_free_bytes=199 * MB))

    assert [one.name for one in found] == ["disk_almost_full", "disk_little"]
    assert [one.name for one in troubles(replace(HEALTHY, disk_free_bytes=200 * MB))] == ["disk_little"]


def test_every_condition_is_tried_here() -> None:
    tried = {name for name, *_ in CASES} | {"disk_almost_full"}

    assert {condition.name for condition in CONDITIONS} == tried


def test_healthy_installation_is_ready_and_well() -> None:
    assert (troubles(HEALTHY), ready(HEALTHY), well(HEALTHY)) == ([], True, True)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"database_writes": False}, (False, False)),
        ({"disk_free_bytes": 100 * MB}, (False, False)),
        ({"disk_free_bytes": 100 * MB, "on_sqlite": False}, (True, False)),
        ({"clock_offset_seconds": 3.0}, (False, False)),
        ({"pending_migrations": ("0005",)}, (False, False)),
        ({"oldest_message_waiting_seconds": 601.0}, (True, False)),
        ({"backup_age_seconds": 27 * HOUR}, (True, False)),
        ({"sending_held_seconds": 1.0}, (True, False)),
        ({"clock_ahead_seconds": 900.0}, (True, False)),
        ({"worker_silent_seconds": 90.0}, (True, False)),
        ({"loop_lag_seconds": 9.0}, (True, False)),
        ({"messages_unknown_lately": 1}, (True, True)),
        ({"reminders_missed_lately": 1}, (True, True)),
        ({"messages_failed_last_hour": 9}, (True, True)),
    ],
)
def test_ready_while_visitors_can_book_and_well_while_the_server_is(
    wrong: dict[str, Any], expected: tuple[bool, bool]
) -> None:
    seen = replace(HEALTHY, **wrong)

    assert (ready(seen), well(seen)) == expected


def test_first_backup_may_take_its_time_after_a_start() -> None:
    late = replace(HEALTHY, backup_age_seconds=200 * HOUR)

    assert [len(troubles(replace(late, up_seconds=up))) for up in (3599.0, 3600.0)] == [0, 1]


def test_what_is_held_is_not_stuck() -> None:
    held = replace(HEALTHY, sending_held_seconds=7200.0, oldest_message_waiting_seconds=7200.0)

    assert [one.name for one in troubles(held)] == ["sending_held"]


def test_texts_are_one_line_each_because_an_incident_keeps_them_so() -> None:
    texts = [text for one in CONDITIONS for text in (one.name, one.means, one.where, one.do)]

    assert [text for text in texts if not text or "\n" in text or "|" in text] == []
    assert len({condition.name for condition in CONDITIONS}) == len(CONDITIONS)
    assert max(len(condition.name) for condition in CONDITIONS) <= 40
