"""Until when a patient may move or cancel a visit."""

from dataclasses import dataclass

from turnet.scheduling.rules import ServiceRules


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it is allowed now, and the last UTC minute at which it is."""

    allowed: bool
    until: int


def may_move(rules: ServiceRules, start: int, now: int) -> Verdict:
    """`move_until` minutes before the start at the latest, and never once the visit has begun."""
    return _until(start - max(rules.move_until, 1), now)


def may_cancel(rules: ServiceRules, start: int, now: int) -> Verdict:
    """`cancel_until` minutes before the start at the latest, and never once the visit has begun."""
    return _until(start - max(rules.cancel_until, 1), now)


def _until(until: int, now: int) -> Verdict:
    return Verdict(now <= until, until)
