"""`POST /hooks/call/{secret}`: a telephone exchange says that nobody answered `from`.

A form or JSON, as exchanges differ; the answer is empty. No browser calls here and no cookie is looked at.
"""

from litestar import Response, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.conversation.service.missed_call import missed_call
from turnet.errors import Invalid
from turnet.messaging.channels.http import json_object
from turnet.web.desk.booking.call import spoken
from turnet.web.kit import forms
from turnet.web.kit.htmx import AnyRequest


@post("/hooks/call/{secret:str}", include_in_schema=False)
async def missed(request: AnyRequest, secret: FromPath[str]) -> Response[bytes]:
    """Raises `NotFound`."""
    state = request.app.state
    try:
        await missed_call(state.settings, state.key, secret, await _caller(request), now=state.clock.now())
    except Invalid:
        return _empty(400)  # a number that is kept back, or an extension of the house
    return _empty(204)


async def _caller(request: AnyRequest) -> str:
    if request.headers.get("content-type", "").startswith("application/json"):
        return spoken(str(json_object(await request.body()).get("from", "")))
    return spoken((await forms.read(request, ("from",))).raw.get("from", ""))


def _empty(status: int) -> Response[bytes]:
    return Response(b"", media_type="text/plain", status_code=status)


routes: list[ControllerRouterHandler] = [missed]
