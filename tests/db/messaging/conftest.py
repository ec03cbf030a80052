"""Addresses that patients could open: on loopback nothing would be sent to them."""

from dataclasses import replace
from pathlib import Path

import pytest

from turnet.settings import Settings


@pytest.fixture
def public(settings: Settings) -> Settings:
    return replace(settings, base_url="https://times.tuomi.example", mail_from="appointments@tuomi.example")


@pytest.fixture
def mailbox(public: Settings) -> Path:
    """Where mail goes as files."""
    return public.data / "outbox" / "mail"
