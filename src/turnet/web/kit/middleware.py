"""Plain ASGI layers in front of the router, outermost first: what every answer has in common."""

from collections.abc import Callable

from litestar.types import ASGIApp

Layer = Callable[[ASGIApp], ASGIApp]


def layered(app: ASGIApp, *layers: Layer) -> ASGIApp:
    """`app` behind the layers; the first one named sees a request first."""
    for layer in reversed(layers):
        app = layer(app)
    return app
