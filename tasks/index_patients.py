"""Makes patients of an older database findable; otherwise there is nothing to do."""

from typing import Any

from turnet.clock import Clock
from turnet.patients.indexing import BATCH, index_missing


async def index_patients(context: dict[str, Any]) -> None:
    clock: Clock = context["clock"]
    while await index_missing(now=clock.now()) == BATCH:
        pass
