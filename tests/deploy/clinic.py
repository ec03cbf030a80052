"""Books as a patient's browser or program does, over whatever connection is given."""

import http.client
import json
import random
import shlex
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.deploy.served import TURNET
from turnet.settings import Settings

INIT = shlex.split(
    'init --yes --name "Hammashoitola Tuomi" --country FI --languages en,fi --location Keskusta --address Hämeenkatu '
    '--city Tampere --practitioner Sanna --hours "Mon-Sun 8-20" --services dental'
)
Connect = Callable[[], http.client.HTTPConnection]


def make_clinic(settings: Settings) -> None:
    """With the command that an owner uses."""
    subprocess.run(
        [*TURNET, *INIT, "--data", str(settings.data)], check=True, capture_output=True, cwd="/", umask=0o077
    )


def ask(connect: Connect, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, str]:
    """Status, headers and text."""
    connection = connect()
    try:
        connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def book(connect: Connect, **headers: str) -> tuple[int, dict[str, Any]]:
    """A free time of next week, for somebody who never came before: status and what the API answered."""
    first = datetime.now(UTC).date() + timedelta(days=7)
    service = json.loads(ask(connect, "GET", "/api/v1/services")[2])[0]["slug"]
    query = f"service={service}&from={first}&to={first + timedelta(days=6)}"
    slots = json.loads(ask(connect, "GET", f"/api/v1/slots?{query}")[2])["slots"]
    wish = {
        "service": service,
        "start": random.choice(slots)["start"],
        "patient": {"name": "Aino", "email": f"aino{random.randrange(10**9)}@tuomi.example"},
    }
    more = {"Content_Type": "application/json", "Idempotency_Key": f"{random.randrange(10**18):018}", **headers}
    status, _headers, text = ask(connect, "POST", "/api/v1/bookings", json.dumps(wish).encode(), **more)
    return status, json.loads(text)
