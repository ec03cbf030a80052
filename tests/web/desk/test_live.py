"""An open desk hears within a moment that somebody changed something, and of nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest
from litestar import Litestar

from tests.db.booking.acts import ANNA, an_act
from tests.factories import REA, a_clinic, at
from tests.web.conftest import Client
from tests.web.desk.conftest import Signs
from turnet.booking import service
from turnet.booking.model import Wish
from turnet.booking.states import State
from turnet.clinic.tables import Clinic as ClinicRow
from turnet.db.engine import PgEngine, bound
from turnet.db.transactions import fetch, tx
from turnet.live import MOST
from turnet.settings import Settings
from turnet.staff.tables import StaffSession, StaffUser
from turnet.web.desk.app import live

PROMPTLY = 1.0
"""Seconds within which an open desk has heard."""

Event = tuple[str, str]
"""Name and id."""


class Stream:
    """One `EventSource`: `await stream.event()`."""

    def __init__(self) -> None:
        self._sent: asyncio.Queue[bytes] = asyncio.Queue()
        self.status = 0
        self.headers: dict[str, str] = {}

    async def take(self, message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            self.status = int(str(message["status"]))
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}  # type: ignore[attr-defined]
        elif body := message.get("body"):
            await self._sent.put(body)  # type: ignore[arg-type]

    async def event(self, *, within: float = PROMPTLY) -> Event:
        async with asyncio.timeout(within):
            lines = (await self._sent.get()).decode().splitlines()
        fields = dict(line.split(": ", 1) for line in lines if line)
        assert fields["data"] == fields["id"]
        return fields["event"], fields["id"]

    async def silent(self, seconds: float = 0.2) -> bool:
        await asyncio.sleep(seconds)
        return self._sent.empty()


@asynccontextmanager
async def opened(client: Client, url: str = "/desk/live", **headers: str) -> AsyncIterator[Stream]:
    """A stream through the whole app; at the end the browser goes away."""
    stream, gone = Stream(), asyncio.Event()
    request = client.build_request("GET", url, headers={"Accept": "text/event-stream", **headers})
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": request.url.path,
        "raw_path": request.url.raw_path.partition(b"?")[0], "query_string": request.url.query, "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw], "state": {},
        "client": ("203.0.113.9", 50000), "server": ("127.0.0.1", 8000), "asgi": {"version": "3.0"},
    }  # fmt: skip

    async def receive() -> dict[str, object]:
        await gone.wait()
        return {"type": "http.disconnect"}

    asked = asyncio.create_task(client.app(scope, receive, stream.take))  # type: ignore[arg-type]
    try:
        yield stream
    finally:
        gone.set()
        async with asyncio.timeout(PROMPTLY):
            await asked


async def somebody_books() -> None:
    async with tx():
        await fetch("UPDATE diary SET version = version + 1 WHERE id = 1")


async def the_stamp(desk: Client) -> str:
    return (await desk.get("/desk/live")).text


async def test_change_of_anybody_is_told_promptly(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    async with opened(desk) as stream:
        name, before = await stream.event()

        await somebody_books()

        assert (name, await stream.event()) == ("beat", ("changed", await the_stamp(desk)))
        assert await the_stamp(desk) != before


async def test_changed_setup_is_told_too(signs_in: Signs) -> None:
    await a_clinic()
    async with opened(await signs_in()) as stream:
        await stream.event()

        async with tx():
            await fetch("UPDATE diary SET setup_version = setup_version + 1 WHERE id = 1")

        assert (await stream.event())[0] == "changed"


async def test_writes_that_change_no_diary_are_not_told(signs_in: Signs) -> None:
    await a_clinic()
    async with opened(await signs_in()) as stream:
        await stream.event()

        await ClinicRow.update({ClinicRow.phone: "+35830000117"}, force=True)

        assert await stream.silent()


async def test_act_that_failed_is_not_told(signs_in: Signs) -> None:
    await a_clinic()
    async with opened(await signs_in()) as stream:
        await stream.event()

        with pytest.raises(LookupError):
            async with tx():
                await fetch("UPDATE diary SET version = version + 1 WHERE id = 1")
                raise LookupError

        assert await stream.silent()


async def test_burst_of_changes_is_told_once_with_the_last_state(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    async with opened(desk) as first:
        await first.event()

        for _ in range(20):
            await somebody_books()
        told = [await first.event()]
        while not await first.silent():
            told.append(await first.event())

        assert told[-1] == ("changed", await the_stamp(desk))
        assert len(told) <= 4


async def test_desk_that_was_away_hears_at_once_that_it_is_behind(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    seen = await the_stamp(desk)
    await somebody_books()
    now = await the_stamp(desk)

    async with opened(desk, f"/desk/live?since={seen}") as reopened:
        assert await reopened.event() == ("changed", now)
    async with opened(desk, "/desk/live?since=0.0", **{"Last-Event-ID": seen}) as resumed:
        assert await resumed.event() == ("changed", now)
    async with opened(desk, f"/desk/live?since={now}") as up_to_date:
        assert await up_to_date.event() == ("beat", now)


async def test_stream_is_neither_stored_nor_pressed_and_is_no_traffic(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    async with opened(desk, **{"Accept-Encoding": "br, gzip"}) as stream:
        await stream.event()

        assert stream.status == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert (stream.headers["cache-control"], stream.headers.get("content-encoding")) == ("no-store", None)
        async with asyncio.timeout(PROMPTLY):
            await app.state.traffic.lull(PROMPTLY * 2)


async def test_quiet_stream_beats_and_leaves_nothing_behind(
    app: Litestar, signs_in: Signs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.02)
    await a_clinic()
    async with opened(await signs_in()) as stream:
        beats = [await stream.event() for _ in range(3)]
        assert (len(set(beats)), beats[0][0], app.state.live.open) == (1, "beat", 1)

    assert app.state.live.open == 0


@pytest.mark.parametrize(
    "change",
    [
        {StaffSession.ends_at: "past"},
        {StaffSession.locked: True},
        {StaffUser.disabled_at: "past"},
    ],
    ids=["ended", "locked", "disabled"],
)
async def test_session_that_is_over_is_noticed_at_the_next_beat(
    app: Litestar, signs_in: Signs, monkeypatch: pytest.MonkeyPatch, change: dict[object, object]
) -> None:
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.1)
    await a_clinic()
    async with opened(await signs_in()) as stream:
        await stream.event()
        [(column, to)] = change.items()
        value = app.state.clock.real() if to == "past" else to

        await column._meta.table.update({column: value}, force=True)  # type: ignore[attr-defined]
        names = [(await stream.event())[0]]
        while names[-1] == "beat":
            names.append((await stream.event())[0])

        assert names[-1] == "signed-out"


async def test_session_that_somebody_ends_here_is_told_at_once(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    async with opened(await signs_in()) as ended, opened(await signs_in("owner")) as other:
        await ended.event()
        await other.event()
        [(session,)] = await fetch("SELECT public_id FROM staff_session ORDER BY id LIMIT 1")

        app.state.live.end(session)

        assert (await ended.event())[0] == "signed-out"
        assert await other.silent()


async def test_logging_out_ends_the_open_desks_of_that_session(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    async with opened(desk) as stream:
        await stream.event()

        await desk.post("/logout")

        assert (await stream.event())[0] == "signed-out"


async def test_one_stream_too_many_ends_the_oldest(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    async with AsyncExitStack() as browser:
        streams = []
        for _ in range(MOST):
            streams.append(await browser.enter_async_context(opened(desk)))
            await streams[-1].event()
        assert await streams[0].silent(0.05)

        newest = await browser.enter_async_context(opened(desk))

        assert (await newest.event())[0] == "beat"
        assert (await streams[0].event())[0] == "crowded"
        assert await streams[1].silent(0.05)


async def test_closing_server_ends_every_stream(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    async with opened(await signs_in()) as stream:
        await stream.event()

        app.state.closing.set()

        async with asyncio.timeout(PROMPTLY):
            while app.state.live.open:
                await asyncio.sleep(0.01)


async def test_nobody_listens_without_a_session(client: Client) -> None:
    await a_clinic()

    answer = await client.get("/desk/live", headers={"Accept": "text/event-stream"})

    assert answer.status_code != 200
    assert "id:" not in answer.text


async def test_closed_desks_cost_the_database_nothing(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_clinic()
    asked: list[str] = []
    fetched = type(bound()).fetch

    async def counted(self: object, sql: str, args: object) -> object:
        asked.append(sql)
        return await fetched(self, sql, args)  # type: ignore[arg-type]

    monkeypatch.setattr(type(bound()), "fetch", counted)
    await somebody_books()
    await asyncio.sleep(0.15)

    assert [sql for sql in asked if sql.startswith("SELECT")] == []


@pytest.mark.postgres
@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
async def test_change_made_in_another_process_is_told_promptly(
    app: Litestar, signs_in: Signs, settings: Settings
) -> None:
    await a_clinic()
    desk = await signs_in()
    other = PgEngine(settings.database_url)
    async with opened(desk) as stream:
        await stream.event()

        await other.run_ddl("UPDATE diary SET version = version + 1")

        assert await stream.event() == ("changed", await the_stamp(desk))
    await other.close_connection_pool()


@pytest.mark.postgres
@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
async def test_lost_line_to_the_database_is_made_up_for(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    async with opened(desk) as stream:
        await stream.event()
        engine = bound()
        while not engine.hears_writes:
            await asyncio.sleep(0)

        await engine.run_ddl(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        )
        while engine.hears_writes:
            await asyncio.sleep(0)
        await somebody_books()

        assert (await stream.event(within=3))[0] == "changed"


async def test_hold_of_a_colleague_that_ran_out_is_told(signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in()
    act = replace(an_act(desk.clock), staff=REA, actor=REA.actor, limited=False)
    wish = Wish(clinic.services["check-up"].id, at("2026-12-03T09:00+02:00"))
    await service.hold(act, clinic, wish, "desk:" + "s" * 22)
    async with opened(desk) as stream:
        await stream.event()
        desk.clock.advance(minutes=11)

        await service.sweep(desk.clock.now(), desk.clock.real())

        assert (await stream.event())[0] == "changed"


@pytest.mark.parametrize("to", [State.ARRIVED, State.NO_SHOW])
async def test_marked_visit_is_told(signs_in: Signs, to: State) -> None:
    clinic = await a_clinic()
    desk = await signs_in()
    act = replace(an_act(desk.clock), staff=REA, actor=REA.actor, limited=False)
    wish = Wish(clinic.services["check-up"].id, at("2026-12-01T13:00+02:00"))
    booked = await service.book(act, clinic, wish, ANNA, once="")
    desk.clock.advance(hours=3)
    async with opened(desk) as stream:
        await stream.event()

        await service.mark(replace(act, now=desk.clock.now()), clinic, booked.visit.id, to)

        assert (await stream.event())[0] == "changed"


async def test_stream_without_a_session_ends_for_good(client: Client) -> None:
    """A page of the login would be no stream, and the browser would say so in its console. Control: a look is led there."""
    await a_clinic()

    answers = [await client.get("/desk/live", headers={"Accept": accepts}) for accepts in ("text/event-stream", "*/*")]

    assert [answer.status_code for answer in answers] == [204, 303]
