"""What Prometheus reads is what happened, in its own format, on this machine only, and costs the same after years."""

from collections.abc import Sequence
from typing import Any

import pytest
from litestar import Litestar
from prometheus_client.parser import text_string_to_metric_families

from tests.factories import a_clinic, at
from tests.web.conftest import Client
from turnet import __version__
from turnet.booking.model import Act, Person, Wish
from turnet.booking.service import book
from turnet.clock import FrozenClock
from turnet.db.engine import LiteEngine, PgEngine, bound
from turnet.db.transactions import fetch, on_sqlite
from turnet.watch.conditions import CONDITIONS

BODY = {
    "service": "check-up",
    "start": "2026-12-03T09:20:00+02:00",
    "practitioner": "sanna",
    "patient": {"name": "Aino Virtanen", "email": "aino@example.org"},
}
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


async def scraped(app: Litestar) -> Samples:
    """Every sample by its name and labels."""
    async with Client(app, address="127.0.0.1") as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = list(text_string_to_metric_families(answer.text))
    assert len({family.name for family in families}) == len(families)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


async def test_elsewhere_there_is_nothing(app: Litestar, client: Client) -> None:
    async with Client(app, address="127.0.0.1") as near:
        forwarded = await near.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})

    assert ((await client.get("/metrics")).status_code, forwarded.status_code) == (404, 404)


async def test_bookings_are_counted_by_door_and_refusals_as_conflicts(app: Litestar, client: Client) -> None:
    await a_clinic()
    doors = [("turnet_bookings_total", (("door", "api"),)), ("turnet_conflicts_total", ())]
    before = await scraped(app)

    first, second = await client.post("/api/v1/bookings", json=BODY), await client.post("/api/v1/bookings", json=BODY)

    after = await scraped(app)
    assert (first.status_code, second.status_code) == (201, 409)
    assert [after[name] - before.get(name, 0) for name in doors] == [1, 1]


async def test_form_sent_twice_counts_once(app: Litestar, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    act = Act(now=clock.now(), real=clock.real(), key=app.state.key, door="desk")
    wish = Wish(clinic.services["check-up"].id, at("2026-12-03T09:20+02:00"))
    person = Person("Anna", email="anna@example.org")
    name = ("turnet_bookings_total", (("door", "desk"),))
    before = (await scraped(app)).get(name, 0)
    for _time in range(2):
        await book(act, clinic, wish, person, once="o" * 22)

    assert (await scraped(app))[name] - before == 1


async def test_what_there_is_of_everything(app: Litestar) -> None:
    await a_clinic()
    samples = await scraped(app)

    names = {name.removeprefix("turnet_") for name, _labels in samples if name.startswith("turnet_")}
    on_sqlite_only = {"database_busy_seconds_total", "database_wal_bytes"} if on_sqlite() else set()
    once_there = {"bookings_total", "bookings_created", "sends_total", "sends_created"}
    assert names - once_there == on_sqlite_only | {
        "clock_ahead_seconds", "conflicts_created", "conflicts_total", "disk_free_bytes", "info", "loop_lag_seconds",
        "messages_unknown", "outbox_messages", "outbox_oldest_seconds", "ready", "reminders_missed_created",
        "reminders_missed_lately", "reminders_missed_total", "trouble", "up_seconds", "well",
    }  # fmt: skip
    assert samples["turnet_info", (("version", __version__),)] == 1
    assert samples["process_start_time_seconds", ()] > 0


async def test_every_trouble_is_there_as_0_or_1(app: Litestar) -> None:
    app.state.watch.pulse.lag = 9.0

    samples = await scraped(app)

    values = {labels[0][1]: value for (name, labels), value in samples.items() if name == "turnet_trouble"}
    assert sorted(values) == sorted(condition.name for condition in CONDITIONS)
    assert (values["loop_slow"], values["outbox_stuck"]) == (1, 0)


async def test_waiting_messages_have_a_number_and_an_age(app: Litestar, client: Client, clock: FrozenClock) -> None:
    await a_clinic()
    await client.post("/api/v1/bookings", json=BODY)
    clock.advance(minutes=4)

    samples = await scraped(app)

    assert (samples["turnet_outbox_messages", ()], samples["turnet_outbox_oldest_seconds", ()]) == (2, 240)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_writer_is_busy_while_somebody_has_it(app: Litestar) -> None:
    name = ("turnet_database_busy_seconds_total", ())
    before = (await scraped(app))[name]

    async with bound().transaction():
        await fetch(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) FROM n"
        )

    busy = (await scraped(app))[name] - before
    await fetch("SELECT 1")
    assert busy > 0.005
    assert (await scraped(app))[name] - before < busy + 0.05


# --- the price of a scrape


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that goes to the database."""
    statements: list[str] = []
    for kind in (LiteEngine, PgEngine):
        real = kind.fetch

        async def fetch(self: Any, sql: str, args: Sequence[Any], real: Any = real) -> Any:
            statements.append(sql)
            return await real(self, sql, args)

        monkeypatch.setattr(kind, "fetch", fetch)
    return statements


async def test_scrape_asks_a_fixed_number_of_questions(app: Litestar, asked: list[str], clock: FrozenClock) -> None:
    await a_clinic()
    await scraped(app)  # this one also tries a write
    asked.clear()

    await scraped(app)

    assert len(asked) == (13 if on_sqlite() else 14)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_no_question_reads_what_is_history(app: Litestar, asked: list[str], clock: FrozenClock) -> None:
    await a_clinic()
    await scraped(app)

    assert [(sql, table) for sql in [*asked] for table in await _read_whole(sql, clock)] == []
    assert await _read_whole("SELECT count(*) FROM message WHERE error = {}", clock) == ["message"], "the control"


async def _read_whole(sql: str, clock: FrozenClock) -> list[str]:
    """The tables of which a statement reads every row, but for those that hardly grow."""
    plan = await fetch(f"EXPLAIN QUERY PLAN {sql}", *([clock.now()] * sql.count("{}")))
    scanned = [row[3].split()[1] for row in plan if row[3].startswith("SCAN")]
    return [table for table in scanned if table not in {"CONSTANT", "clinic", "migration", "sqlite_master"}]
