"""`python -m bench.inbound [--database URL] [--seconds 5]`: SMS that people write, brought through the hook.

The whole server takes part: each is stored durably before it is answered, and the worker reads and answers beside it.
`--database` names an empty Postgres database; without it there is SQLite. The budget is 50 a second, each within one.
"""

import argparse
import asyncio
import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlencode

from bench.load import Connection, Rate, writes
from bench.servers import free_port, running
from turnet.messaging.channels.chosen import hook_secret
from turnet.settings import load

CLIENTS = 8
GATEWAY = "46elks://nobody:nothing@127.0.0.1:9?from=+358457000000&tls=none"
"""Nobody listens there: what the server would answer waits."""
CLINIC = (
    "init", "--yes", "--name", "Tuomi", "--country", "FI", "--languages", "fi", "--location", "Keskusta", "--address", "Hämeenkatu 14 B",
    "--city", "33100 Tampere", "--practitioner", "Sanna Koivisto", "--hours", "Mon-Fri 8-16", "--services", "dental",
    "--phone", "+358401234567", "--email", "times@clinic.example",
)  # fmt: skip
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.inbound", description=__doc__)
    parser.add_argument("--database", default="")
    parser.add_argument("--seconds", type=float, default=5)
    asked = parser.parse_args()
    port, turnet = free_port(), Path(sys.executable).parent / "turnet"
    with tempfile.TemporaryDirectory() as data:
        env = {name: value for name, value in os.environ.items() if not name.startswith("TURNET_")} | {
            "TURNET_DATA": data,
            "TURNET_DATABASE_URL": asked.database,
            "TURNET_LISTEN": f"127.0.0.1:{port}",
            "TURNET_BASE_URL": "http://times.clinic.example",
            "TURNET_SMS_URL": GATEWAY,
        }
        subprocess.run([turnet, *CLINIC], env=env, check=True, stdout=subprocess.DEVNULL)
        secret = hook_secret(load(env).key(), "46elks")
        with running([str(turnet), "serve"], env, f"http://127.0.0.1:{port}/up"):
            for name, from_whom in (("each from somebody else", 10**6), ("all from one telephone", 1)):
                bring = brings(port, f"/hooks/sms/46elks/{secret}", from_whom)
                _print(name, asyncio.run(writes(bring, clients=CLIENTS, seconds=asked.seconds)))


def brings(port: int, path: str, telephones: int) -> Callable[[int], Awaitable[bool]]:
    connections, numbers = [Connection(port) for _ in range(CLIENTS)], itertools.count()

    async def bring(client: int) -> bool:
        number = next(numbers)
        form = {"direction": "incoming", "id": f"{telephones}-{number}", "to": "+358457000000", "message": "1"}
        body = urlencode(form | {"from": f"+35840{number % telephones:07}"}).encode()
        return (await connections[client].send("POST", path, FORM, body)).status == 204

    return bring


def _print(name: str, rate: Rate) -> None:
    times = f"p50 {rate.p50_ms:6.1f} ms  p99 {rate.p99_ms:6.1f} ms"
    print(f"{name:24} {rate.per_second:7.0f}/s  {times}  refused {rate.errors}")


if __name__ == "__main__":
    main()
