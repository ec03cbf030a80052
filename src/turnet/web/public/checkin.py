"""A patient says by their own link that they are here."""

from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from turnet.checkin.model import Outcome
from turnet.checkin.service import check_in
from turnet.errors import NotAllowed
from turnet.i18n import _
from turnet.web.kit import acting, forms
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.public.visit import in_language_of, my_visit, page


@post("/a/{token:str}/checkin", include_in_schema=False)
async def checkin(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Too early, it says that they will come, and the page says from when on they may say that they are here."""
    mine = await my_visit(request, token)
    with in_language_of(mine):
        await forms.read(request, ())
        [here] = await check_in(acting.act(request), mine.at.clinic, [mine.visit.id], by="link")
        if here.outcome in (Outcome.OVER, Outcome.NOT_COMING):
            return await page(mine, status=NotAllowed.status, trouble=_("Tell the desk that you are here."))
        return done(request, mine.path())
