"""`/metrics` for Prometheus, to this machine only."""

from litestar.types import ControllerRouterHandler

routes: list[ControllerRouterHandler] = []
