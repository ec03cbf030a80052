"""`python -m bench [--peer FOLDER] [--seconds 3] [--rounds 5]`: prints a table of ratios.

Every figure is the median over rounds in which all sides are measured in turn. The peer is django-appointment, set up
by a `run.sh` in the folder that `--peer` names; without it only turnet's own ratios are printed.
"""

import argparse
import asyncio
import contextlib
import os
import platform
import statistics
from collections import defaultdict
from pathlib import Path

from bench import bookings, inside, process, servers
from bench.load import Rate, reads

PEER_DAY = "?selected_date=2027-09-14&staff_member=1&service_id=1"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--peer", type=Path, default=os.environ.get("TURNET_BENCH_PEER"))
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}")
    with contextlib.ExitStack() as stack:
        ours, pid = stack.enter_context(servers.turnet())
        process.memory(pid, "with the demo's data")
        theirs, their_pid = stack.enter_context(servers.peer(asked.peer)) if asked.peer else (None, 0)
        before = process.tree_seconds(their_pid) if theirs else 0
        rates = _in_turn(ours, theirs, asked.rounds, asked.seconds)
        their_call = _per_call(process.tree_seconds(their_pid) - before, rates, asked.seconds) if theirs else None
        _report_reads(rates)
        asyncio.run(bookings.compare(ours, theirs, rounds=asked.rounds, seconds=asked.seconds))
        process.memory(pid, "after the load")
        process.idle(pid, ours)
    asyncio.run(inside.report(their_call))


def _in_turn(ours: int, theirs: int | None, rounds: int, seconds: float) -> dict[str, list[Rate]]:
    month, slots = bookings.addresses(ours)
    sides = {
        "constant route": (f"http://127.0.0.1:{ours}/-/constant", {}),
        "month page, warm": (f"http://127.0.0.1:{ours}{month}", {}),
        "slots API, warm": (f"http://127.0.0.1:{ours}{slots}", {}),
    }
    if theirs:
        sides["peer: slots of a day"] = (
            f"http://127.0.0.1:{theirs}/appointment/ajax/available_slots/{PEER_DAY}",
            {"X-Requested-With": "XMLHttpRequest"},
        )
    rates: dict[str, list[Rate]] = defaultdict(list)
    for _ in range(rounds):
        for name, (url, headers) in sides.items():
            rates[name].append(reads(url, seconds=seconds, headers=headers))
    return rates


def _per_call(spent: float, rates: dict[str, list[Rate]], seconds: float) -> float:
    """Processor seconds of one of the peer's answers."""
    return spent / sum(rate.per_second * seconds for rate in rates["peer: slots of a day"])


def _median(rates: list[Rate]) -> Rate:
    return sorted(rates, key=lambda rate: rate.per_second)[len(rates) // 2]


def _report_reads(rates: dict[str, list[Rate]]) -> None:
    constant = [rate.per_second for rate in rates["constant route"]]
    peer = [rate.per_second for rate in rates.get("peer: slots of a day", [])]
    for name, measured in rates.items():
        middle = _median(measured)
        line = f"{name:24} {middle.per_second:9.0f}/s  p50 {middle.p50_ms:7.2f} ms  p99 {middle.p99_ms:7.2f} ms"
        line += f"  errors {sum(rate.errors for rate in measured)}"
        line += f"  {_ratio(measured, constant):6.2f} × constant"
        print(line + (f"  {_ratio(measured, peer):8.1f} × peer" if peer else ""))


def _ratio(measured: list[Rate], against: list[float]) -> float:
    """The median of the ratios round by round, so that a slow moment of the machine hits both."""
    return statistics.median(rate.per_second / other for rate, other in zip(measured, against, strict=True))


if __name__ == "__main__":
    main()
