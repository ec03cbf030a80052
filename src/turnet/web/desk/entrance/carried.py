"""What somebody typed into a form while their session ended: it goes through the login as hidden fields.

Nothing is sent by itself afterwards: one button does it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from litestar import Request
from litestar.exceptions import HTTPException
from litestar.types import Receive, Scope

from turnet.web.kit import forms
from turnet.web.kit.htmx import AnyRequest

FIELD, TO = "f.", "to"
"""Before the name of a field that is carried, and the field that says where the form goes."""
_SECRETS = frozenset({"password", "current", "new", "again", "pin", "code", "seed"})


@dataclass(frozen=True, slots=True)
class Carried:
    to: str
    """Path and query that the form was sent to."""
    pairs: tuple[tuple[str, str], ...]


async def carried_by(scope: Scope, receive: Receive) -> Carried | None:
    """Of a form that came without a session; None for a mere look, and for what cannot be read."""
    request: AnyRequest = Request(scope, receive)
    if request.method != "POST":
        return None
    to = path_of(request)
    try:
        sent = await forms.pairs(request)
    except HTTPException:
        return None
    kept = tuple((name, text) for name, text in sent if name not in _SECRETS)
    return Carried(to, kept) if own_path(to) else None


def again(sent: Iterable[tuple[str, str]]) -> Carried | None:
    """What a page of the login was given to carry on."""
    found = list(sent)
    to = next((text for name, text in found if name == TO), "")
    pairs = tuple((name.removeprefix(FIELD), text) for name, text in found if name.startswith(FIELD))
    return Carried(to, pairs) if own_path(to) else None


def path_of(request: AnyRequest) -> str:
    query = request.scope["query_string"].decode("latin-1")
    return request.scope["path"] + (f"?{query}" if query else "")


def own_path(path: str) -> bool:
    """A page of the staff on this site, and of nobody else."""
    inside = path.partition("?")[0]
    if not (path.isascii() and path.isprintable()) or "\\" in path or "//" in inside or ".." in inside:
        return False
    return any(inside == start or inside.startswith(f"{start}/") for start in ("/desk", "/admin"))
