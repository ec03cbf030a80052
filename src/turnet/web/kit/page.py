"""A page is a template and one frozen dataclass. The same address gives the whole page, or the named block alone.

A fragment is given only when htmx asks with `HX-Request-Type: partial`; everybody else, Back included, gets the whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import MediaType, Response
from litestar.response.base import ASGIResponse
from markupsafe import Markup, escape

from turnet import i18n
from turnet.clinic.model import Clinic, Text, Texts
from turnet.web.kit.htmx import VARY, AnyRequest, partial
from turnet.web.kit.jinja import environment


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds every page: whose it is, in which language, and where else it stands."""

    clinic: Clinic | None
    language: str
    origin: str = ""
    canonical: str = ""
    """Path and query of the one address that search engines should keep; empty: none."""
    languages: tuple[tuple[str, str], ...] = ()
    """(language, address) of the same page in every language of the clinic."""
    index: bool = True

    @property
    def home(self) -> str:
        return f"/{self.language}/"

    @property
    def region(self) -> str:
        return self.clinic.region if self.clinic else ""

    @property
    def brand(self) -> str:
        return self.clinic.brand if self.clinic else ""

    def text(self, texts: Texts) -> Text:
        assert self.clinic is not None
        return self.clinic.text(texts, self.language)

    def say(self, texts: Texts) -> Markup:
        """A text of the clinic; in another language than the page's it says so and keeps its own direction."""
        return said(self.text(texts), self.language)

    def name(self, texts: Texts) -> Markup:
        """A proper name, kept apart from the direction of what surrounds it."""
        found = self.text(texts)
        other = f' lang="{found.language}"' if found.language != self.language and found else ""
        return Markup(f"<bdi{other}>{escape(found.text)}</bdi>")


def said(text: Text, language: str) -> Markup:
    if text.language == language or not text:
        return escape(text.text)
    known = i18n.LANGUAGES.get(text.language)
    direction = known.direction if known else "auto"
    return Markup(f'<span lang="{escape(text.language)}" dir="{direction}">{escape(text.text)}</span>')


def render(template: str, page: object, *, block: str | None = None) -> str:
    """The whole page, or one block of it with the title and the language links that go with it."""
    found = environment().get_template(template)
    if block is None:
        return found.render(page=page)
    context = found.new_context({"page": page})
    part = "".join(found.blocks[block](context))
    title = "".join(found.blocks["title"](context)) if "title" in found.blocks else ""
    if not page.frame.languages:  # type: ignore[attr-defined]  # every page has one
        return f"<title>{title}</title>{part}"
    # A template's own blocks do not include those it inherits.
    links = "".join(environment().get_template("base.html").blocks["others"](context))
    return f'<title>{title}</title>{part}<hx-partial hx-target="#others" hx-swap="innerHTML">{links}</hx-partial>'


class Page(Response[Any]):
    """`page` is what the template knows; `block` is what a partial request gets of it."""

    def __init__(
        self,
        template: str,
        page: object,
        *,
        block: str | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            None,
            status_code=status,
            media_type=MediaType.HTML,
            headers={"Vary": VARY, "Cache-Control": "no-cache", **(headers or {})},
        )
        self.template = template
        self.page = page
        self.block = block
        self.language = i18n.current().code

    def to_asgi_response(self, app: Any, request: AnyRequest, **more: Any) -> ASGIResponse:
        with i18n.speaking(self.language):
            self.content = render(self.template, self.page, block=self.block if partial(request) else None)
        return super().to_asgi_response(app, request, **more)
