"""What search engines read first, and the clinic's privacy page."""

from dataclasses import dataclass

from litestar import MediaType, Response, get
from litestar.params import FromPath
from markupsafe import escape

from turnet.clinic.model import Clinic
from turnet.clock import instant
from turnet.scheduling.hours import day_span
from turnet.web.kit.cache import keep
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Frame, Page
from turnet.web.public.here import any_clinic, here


@dataclass(frozen=True, slots=True)
class PrivacyPage:
    frame: Frame


@get("/{lang:str}/privacy", include_in_schema=False)
async def privacy(request: AnyRequest, lang: FromPath[str]) -> Page:
    at = await here(request, lang)
    keep(request, instant(day_span(at.clinic.setup.zone, at.today).end))
    return Page("public/privacy.html", PrivacyPage(at.frame(f"/{lang}/privacy")))


@get("/robots.txt", include_in_schema=False, media_type=MediaType.TEXT)
async def robots(request: AnyRequest) -> Response[str]:
    """Single times come and go by the minute; everything that should be found is in the sitemap."""
    origin = request.app.state.settings.origin
    lines = ("User-agent: *", "Disallow: /*/book/*/at/", "Disallow: /api/", "", f"Sitemap: {origin}/sitemap.xml", "")
    return Response("\n".join(lines), media_type=MediaType.TEXT, headers={"Cache-Control": "public, max-age=3600"})


@get("/sitemap.xml", include_in_schema=False)
async def sitemap(request: AnyRequest) -> Response[str]:
    """Every page that has a language, with its twins. No dates: what is free changes all day."""
    clinic = await any_clinic(request)
    origin = request.app.state.settings.origin
    urls = "".join(
        _url(origin, path, language, clinic.languages) for path in _paths(clinic) for language in clinic.languages
    )
    spaces = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {spaces}>\n{urls}</urlset>\n'
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response(body, media_type="application/xml", headers=headers)


def _paths(clinic: Clinic) -> list[str]:
    online = [service.slug for service in clinic.services.values() if service.online]
    return [
        "/",
        *(f"/services/{slug}" for slug in online),
        *(f"/book/{slug}" for slug in online),
        *(f"/team/{slug}" for slug in clinic.practitioners),
        *(f"/at/{slug}" for slug in clinic.locations),
        "/privacy",
    ]


def _url(origin: str, path: str, language: str, languages: tuple[str, ...]) -> str:
    twins = "".join(
        f'<xhtml:link rel="alternate" hreflang="{code}" href="{escape(origin)}/{code}{path}"/>' for code in languages
    )
    return f"<url><loc>{escape(origin)}/{language}{path}</loc>{twins}</url>\n"
