"""`POST /hooks/mail/{secret}`: the clinic's mail server hands over, as it came, a mail to the return address.

The answer is empty, and the same whatever the mail says.
"""

import hmac

from litestar import Response, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.errors import NotFound
from turnet.messaging import bounces
from turnet.messaging.channels.chosen import hook_secret
from turnet.settings import Settings
from turnet.web.kit.htmx import AnyRequest

NAME = "mail"
"""In the secret's purpose: it opens no SMS hook."""
_MOST = 2 * 1024 * 1024
"""Bytes: what comes back may carry the mail that was sent, calendar file included."""


@post("/hooks/mail/{secret:str}", include_in_schema=False, request_max_body_size=_MOST)
async def came_back(request: AnyRequest, secret: FromPath[str]) -> Response[bytes]:
    """Raises `NotFound`."""
    state = request.app.state
    settings: Settings = state.settings
    known = hmac.compare_digest(hook_secret(state.key, NAME).encode(), secret.encode())
    if not (known and settings.bounce_mail):
        raise NotFound
    await bounces.take(await _beginning(request), settings, state.key, now=state.clock.now(), real=state.clock.real())
    return Response(b"", media_type="text/plain", status_code=204)


async def _beginning(request: AnyRequest) -> bytes:
    """The report stands before the mail that it returns."""
    body = bytearray()
    async for piece in request.stream():
        body += piece[: bounces.LARGEST - len(body)]
    return bytes(body)


routes: list[ControllerRouterHandler] = [came_back]
