"""`POST /hooks/sms/{driver}/{secret}`: reports of delivery, and what people write.

No browser calls here and no cookie is looked at: the secret in the address, and the gateway's signature where it has
one, say who it is. The answer is empty, and the same whether a call changed anything or not.
"""

import logging

from litestar import Response, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.conversation.service import receive
from turnet.messaging.channels import Call, Forged
from turnet.web.kit.htmx import AnyRequest

log = logging.getLogger("turnet.web")

_TAKEN = {"link": 200}
"""LINK brings everything again that was not answered by exactly this; the others take an answer without content."""


@post("/hooks/sms/{driver:str}/{secret:str}", include_in_schema=False)
async def brought(request: AnyRequest, driver: FromPath[str], secret: FromPath[str]) -> Response[bytes]:
    """Raises `NotFound`."""
    state, clock = request.app.state, request.app.state.clock
    query = request.scope["query_string"].decode("latin-1")
    headers = {name.lower(): value for name, value in request.headers.items()}
    call = Call(await request.body(), headers, query)
    try:
        await receive.received(state.settings, state.key, driver, secret, call, real=clock.real(), now=clock.now())
    except Forged:
        log.warning("a call of the SMS gateway came with a wrong signature", extra={"driver": driver})
        return _empty(403)
    except ValueError:
        return _empty(400)
    return _empty(_TAKEN.get(driver, 204))


def _empty(status: int) -> Response[bytes]:
    return Response(b"", media_type="text/plain", status_code=status)


routes: list[ControllerRouterHandler] = [brought]
