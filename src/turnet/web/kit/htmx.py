"""The little the server needs to know of htmx 4."""

from litestar import Request, Response
from litestar.datastructures import State

AnyRequest = Request[object, object, State]

VARY = "HX-Request-Type"


def partial(request: AnyRequest) -> bool:
    """Does the page want one block only? Boosted navigation to the whole body and Back ask for `full`."""
    return request.headers.get("hx-request-type") == "partial"


def done(request: AnyRequest, url: str) -> Response[bytes]:
    """After an act: go to `url`. A plain form is redirected, a fragment's page is told to go there itself."""
    if partial(request):
        return Response(
            b"",
            media_type="text/plain",
            status_code=204,
            headers={"HX-Redirect": url, "Vary": VARY, "Cache-Control": "no-store"},
        )
    return Response(
        b"",
        media_type="text/plain",
        status_code=303,
        headers={"Location": url, "Vary": VARY, "Cache-Control": "no-store"},
    )
