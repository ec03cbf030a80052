"""Style sheet, scripts and icons: put together once, named by their content, cached by browsers for good.

The clinic's brand colour is the first rule of the one style sheet, so its address changes with the colour and no page
needs an inline style. Old addresses answer with today's content, which is not cached.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import brotli
from litestar import MediaType, Request, Response, get
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.clinic.queries import clinic
from turnet.errors import NotFound
from turnet.paths import STATIC

PREFIX = "/static"
BRAND = "#14603c"
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}|[a-z]{3,20}|(?:rgb|hsl|oklch|oklab|lch|lab)\([0-9a-z.,%/ +-]{1,60}\)")
_FOREVER = "public, max-age=31536000, immutable"
_SHORTLY = "public, max-age=60"


@dataclass(frozen=True, slots=True)
class Asset:
    url: str
    body: bytes
    media_type: str

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]


def stylesheet(brand: str, sheet: str = "turnet") -> Asset:
    """The one sheet of every page, in the clinic's colour; something that is no colour falls back to ours.

    `turnet` is the patients'; `desk` has besides what only staff see.
    """
    return _stylesheet(brand if _COLOUR.fullmatch(brand) else BRAND, sheet)


@lru_cache(maxsize=8)
def _stylesheet(brand: str, sheet: str) -> Asset:
    folder = STATIC / "css"
    ends = ("tokens.css", "base.css"), ("print.css",)
    between = sorted(file.name for file in folder.glob("*.css") if file.name not in ends[0] + ends[1])
    more = sorted(f"desk/{file.name}" for file in folder.glob("desk/*.css")) if sheet == "desk" else []
    rules = "".join((folder / name).read_text() for name in (*ends[0], *between, *more, *ends[1]))
    layers, _, rest = rules.partition(";")
    return _named(sheet, "css", f"{layers};:root{{--brand:{brand}}}{_smaller(rest)}", MediaType.CSS)


def _smaller(css: str) -> str:
    """Without comments and without space around braces and semicolons; anything cleverer is left to compression."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*([{};])\s*", r"\1", re.sub(r"\s+", " ", css)).replace(";}", "}")


@lru_cache(maxsize=8)
def mark(brand: str) -> Asset:
    """The tab's icon in the clinic's colour."""
    colour = brand if _COLOUR.fullmatch(brand) else BRAND
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="9" fill="{colour}"/>'
        '<path d="M16 8.5V16l5 4" fill="none" stroke="#fff" stroke-width="3.2" stroke-linecap="round" '
        'stroke-linejoin="round"/></svg>'
    )
    return _named("mark", "svg", drawing, "image/svg+xml")


@lru_cache(maxsize=1)
def icons() -> Asset:
    return _named("icons", "svg", (STATIC / "icons.svg").read_text(), "image/svg+xml")


@lru_cache(maxsize=16)
def script(file: str) -> Asset:
    """`file` lies below `static/`, such as `js/turnet.js`."""
    return _named(Path(file).stem, "js", (STATIC / file).read_text(), "text/javascript")


def scripts() -> tuple[Asset, ...]:
    """What every public page loads, in this order."""
    return script("vendor/htmx-4.0.1.min.js"), script("js/turnet.js")


def desk_scripts() -> tuple[Asset, ...]:
    """What every staff page loads, in this order."""
    own = sorted(file.name for file in (STATIC / "js" / "desk").glob("*.js"))
    return *scripts(), *(script(f"js/desk/{name}") for name in own)


def _named(stem: str, suffix: str, text: str, media_type: str) -> Asset:
    body = text.encode()
    return Asset(f"{PREFIX}/{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{suffix}", body, media_type)


@lru_cache(maxsize=32)
def _pressed(body: bytes) -> bytes:
    pressed: bytes = brotli.compress(body, quality=11)
    return pressed


@get(f"{PREFIX}/{{name:str}}", include_in_schema=False)
async def serve(request: Request[object, object, State], name: FromPath[str]) -> Response[bytes]:
    """Any asset by its name of today (cached for good) or of yesterday (today's content, cached for a minute)."""
    here = await clinic()
    brand = here.brand if here else BRAND
    today = (stylesheet(brand), stylesheet(brand, "desk"), icons(), mark(brand), *desk_scripts())
    found = next((a for a in today if a.name == name), None)
    kept = found is not None
    if found is None:
        kind = re.sub(r"\.[0-9a-f]{12}\.", ".", name)
        found = next((a for a in today if re.sub(r"\.[0-9a-f]{12}\.", ".", a.name) == kind != name), None)
    if found is None:
        raise NotFound(asset=name)
    headers = {"Cache-Control": _FOREVER if kept else _SHORTLY, "Vary": "Accept-Encoding"}
    body = found.body
    if "br" in request.headers.get("accept-encoding", ""):
        body = _pressed(body)
        headers["Content-Encoding"] = "br"
    return Response(body, media_type=found.media_type, headers=headers)


routes: list[ControllerRouterHandler] = [serve]
