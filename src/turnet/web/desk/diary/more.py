"""Everything of the desk that has no place in the bar."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from turnet.web.desk.seat import DeskFrame, seated
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Page


@dataclass(frozen=True, slots=True)
class MorePage:
    frame: DeskFrame
    said: None
    may_block: bool
    may_manage: bool
    may_audit: bool
    may_value: bool
    may_feedback: bool
    may_rounds: bool
    may_words: bool


@get("/desk/more", act="diary.see", include_in_schema=False)
async def more(request: AnyRequest) -> Response[Any]:
    seat = await seated(request)
    page = MorePage(
        frame=seat.frame("more"),
        said=None,
        may_block=seat.may("time.block"),
        may_manage=seat.may("staff.manage"),
        may_audit=seat.may("audit.see"),
        may_value=seat.may("value.see"),
        may_feedback=seat.may("feedback.see"),
        may_rounds=seat.may("rounds.manage"),
        may_words=seat.may("rounds.manage"),
    )
    return Page("desk/more.html", page, headers={"Cache-Control": "no-store"})


@get("/admin", act="diary.see", include_in_schema=False)
async def admin() -> Redirect:
    """All of it that this person may see stands under More."""
    return Redirect("/desk/more", status_code=303)


routes: list[ControllerRouterHandler] = [more, admin]
