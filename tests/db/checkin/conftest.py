"""Counting statements, on either engine."""

from typing import Any

import pytest

from turnet.db.engine import AnyEngine
from turnet.db.lite import LiteEngine


@pytest.fixture
def statements(engine: AnyEngine, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that ran, besides BEGIN and COMMIT."""
    ran: list[str] = []
    name = "_on_connection" if isinstance(engine, LiteEngine) else "_records"
    original = getattr(type(engine), name)

    async def counting(self: AnyEngine, sql: str, *args: Any) -> Any:
        ran.append(" ".join(sql.split()))
        return await original(self, sql, *args)

    monkeypatch.setattr(type(engine), name, counting)
    return ran
