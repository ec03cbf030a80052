"""Saying why one has cancelled, in one tap on one's own page: optional, and the same whenever it is tapped."""

from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from turnet.booking import service as acts
from turnet.booking.cancellations import CODES
from turnet.errors import NotAllowed
from turnet.web.kit import forms
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.public.visit import in_language_of, my_visit, page, trouble


@post("/a/{token:str}/why", include_in_schema=False)
async def why(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """`why`, one of four. Anything else takes back what was said. Raises NotFound, and TooMany after many of those."""
    mine = await my_visit(request, token)
    with in_language_of(mine):
        code = (await forms.read(request, ("why",))).raw.get("why", "")
        try:
            await acts.say_why(mine.visit.id, code if code in CODES else "")
        except NotAllowed as error:
            return await page(mine, status=error.status, trouble=trouble(error))
        return done(request, mine.path())
