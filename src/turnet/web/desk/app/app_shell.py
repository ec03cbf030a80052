"""What makes the desk an app on a phone: manifest, icons, and a service worker that keeps the shell and nothing else.

All of it is the same for everybody and needs no session: it says the clinic's name and colour.
"""

import asyncio
import hashlib
import json
import re
from dataclasses import dataclass

from litestar import Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.clinic.model import Clinic
from turnet.errors import NotFound
from turnet.i18n import LANGUAGES, _, speaking
from turnet.paths import STATIC
from turnet.web.kit import assets
from turnet.web.kit.drawn import mark_png, rgb
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Frame, Page
from turnet.web.public.here import any_clinic

SIZES = (192, 512)
_ICON = re.compile(r"(192|512)(-whole)?\.png")
_SHORT_NAME = 12
"""Letters that fit under an icon."""


@dataclass(frozen=True, slots=True)
class OfflinePage:
    frame: Frame


@get("/desk/manifest.webmanifest", include_in_schema=False)
async def manifest(request: AnyRequest) -> Response[bytes]:
    clinic = await any_clinic(request)
    language = _language(request, clinic)
    name = str(clinic.text(clinic.name, language))
    with speaking(language):
        said = {
            "id": "/desk",
            "name": _("%(clinic)s, desk") % {"clinic": name},
            "short_name": name[:_SHORT_NAME].strip(),
            "lang": language,
            "dir": LANGUAGES[language].direction,
            "start_url": "/desk",
            "scope": "/",
            "display": "standalone",
            "theme_color": _hex(clinic.brand),
            "background_color": "#ffffff",
            "icons": _icons(clinic),
            "shortcuts": [
                {"name": _("New visit"), "url": "/desk/new"},
                {"name": _("Find a patient"), "url": "/desk/patients"},
            ],
        }
    return Response(json.dumps(said, ensure_ascii=False).encode(), media_type="application/manifest+json")


def _icons(clinic: Clinic) -> list[dict[str, str]]:
    """The colour stands in the address, so that another colour is another icon."""
    colour = _hex(clinic.brand)[1:]
    kinds = [("any", ""), ("maskable", "-whole")]
    return [
        {"src": f"/desk/icons/{size}{end}.png?{colour}", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for purpose, end in kinds
        for size in SIZES
    ]  # fmt: skip


def _hex(brand: str) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb(brand))


@get("/desk/icons/{name:str}", include_in_schema=False)
async def icon(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Raises NotFound for any other name than `192.png`, `512.png` and the same with `-whole`."""
    found = _ICON.fullmatch(name)
    if not found:
        raise NotFound(icon=name)
    clinic = await any_clinic(request)
    drawn = await asyncio.to_thread(mark_png, rgb(clinic.brand), int(found[1]), whole=bool(found[2]))
    return Response(drawn, media_type="image/png")


@get("/desk/offline", include_in_schema=False)
async def offline(request: AnyRequest) -> Page:
    """What a desk without a line shows: kept beforehand, and about nobody."""
    clinic = await any_clinic(request)
    language = _language(request, clinic)
    with speaking(language):
        return Page("desk/offline.html", OfflinePage(Frame(clinic, language, index=False)))


@get("/desk/sw.js", include_in_schema=False)
async def worker(request: AnyRequest) -> Response[bytes]:
    """Another text, and so a new worker, whenever a part of the shell changes."""
    clinic = await any_clinic(request)
    away = f"/desk/offline?lang={_language(request, clinic)}"
    kept = [away, *(asset.url for asset in shell(clinic.brand))]
    program = (STATIC / "js" / "worker" / "desk.js").read_text()
    version = hashlib.sha256(f"{kept}{program}".encode()).hexdigest()[:12]
    facts = {"NAME": f"desk-{version}", "OFFLINE": away, "SHELL": kept}
    lines = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in facts.items())
    headers = {"Service-Worker-Allowed": "/desk"}
    return Response((lines + program).encode(), media_type="text/javascript", headers=headers)


def shell(brand: str) -> tuple[assets.Asset, ...]:
    """All that a desk keeps on a device."""
    return assets.stylesheet(brand, "desk"), assets.icons(), assets.mark(brand), *assets.desk_scripts()


def _language(request: AnyRequest, clinic: Clinic) -> str:
    """The reader's, which the page that links here names."""
    asked = str(request.query_params.get("lang", ""))
    return asked if asked in LANGUAGES else clinic.default_language


routes: list[ControllerRouterHandler] = [manifest, icon, offline, worker]
