"""What every request of the API needs to know, and the shapes of its answers."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response

from turnet import i18n
from turnet.clinic import queries
from turnet.clinic.model import Clinic
from turnet.errors import Unavailable
from turnet.web.kit.htmx import AnyRequest

PRIVATE = {"Cache-Control": "no-store"}
"""Headers of whatever belongs to one patient; `web.kit.headers` adds more where the link is in the address."""


async def the_clinic() -> Clinic:
    """Raises Unavailable before `turnet init`."""
    clinic = await queries.clinic()
    if clinic is None:
        raise Unavailable
    return clinic


def language_of(request: AnyRequest, clinic: Clinic) -> str:
    return i18n.best(request.headers.get("accept-language", ""), clinic.languages)


def json(content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    """`content` is a struct of `answers`, or what one was encoded to."""
    raw = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return Response(raw, status_code=status, media_type="application/json", headers=headers)
