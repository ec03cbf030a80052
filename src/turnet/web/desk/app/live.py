"""How an open desk hears that somebody changed something: a stream for `EventSource`, one line of text for anybody else.

The stream tells nothing but that there is something new; the page then asks for its own part, with its own rights.
Neither is an act of the person in front of it: a desk that looks on by itself does not keep its session awake.
"""

from collections.abc import AsyncIterator
from time import monotonic

from litestar import MediaType, Response, get
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from turnet.db.versions import Versions
from turnet.live import Hub
from turnet.staff.model import Session
from turnet.web.desk.seat import found_session
from turnet.web.kit.htmx import AnyRequest

STREAM = "/desk/live"
BEAT_SECONDS = 15.0
"""How often a quiet stream says that it is still there, and asks whether the session is."""
_LONGEST_STAMP = 40


@get(STREAM, act="diary.see", include_in_schema=False)
async def live(request: AnyRequest) -> Stream | Response[str]:
    """`since`, or `Last-Event-ID` where the browser resumes by itself: the moment that the page shows."""
    hub: Hub = request.app.state.live
    if "text/event-stream" not in request.headers.get("accept", ""):
        return Response((await hub.now()).stamp, media_type=MediaType.TEXT, headers={"Cache-Control": "no-store"})
    since = request.headers.get("last-event-id") or request.query_params.get("since", "")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Stream(_told(request, hub, str(since)[:_LONGEST_STAMP]), media_type="text/event-stream", headers=headers)


async def _told(request: AnyRequest, hub: Hub, since: str) -> AsyncIterator[str]:
    session: Session = request.scope["state"]["session"]
    with hub.seated(session.public_id) as desk:
        seen, asked_at = await hub.now(), monotonic()
        yield _event("changed" if since and since != seen.stamp else "beat", seen)
        while True:
            news = await hub.after(seen, desk, at_most=BEAT_SECONDS)
            if hub.closing.is_set():
                return
            if not desk.over and monotonic() - asked_at >= BEAT_SECONDS:
                asked_at = monotonic()
                desk.over = "" if await _still_here(request) else "signed-out"
            if desk.over:
                yield _event(desk.over, seen)
                return
            seen = news or seen
            yield _event("changed" if news else "beat", seen)


async def _still_here(request: AnyRequest) -> bool:
    """A session that ended in another process, ran out or was locked is noticed here."""
    session = await found_session(request)
    return session is not None and session.stage == "full" and not session.locked


def _event(name: str, at: Versions) -> str:
    return f"id: {at.stamp}\nevent: {name}\ndata: {at.stamp}\n\n"


routes: list[ControllerRouterHandler] = [live]
