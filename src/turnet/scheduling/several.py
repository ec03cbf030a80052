"""Several services done in one visit, by one practitioner in one room: they count as one longer service.

It takes as long as all of them, needs whoever and whatever room can serve all of them, and keeps the largest buffers
and the strictest times of any.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from turnet.scheduling.check import LONGEST_HORIZON
from turnet.scheduling.rules import Buffers, ServiceRules, Setup

MOST = 4
"""Services of one visit."""


def with_extras(setup: Setup, service: int, extras: Sequence[int]) -> Setup:
    """The setup in which `service` includes `extras`. Raises KeyError for a service that is not there."""
    if not extras:
        return setup
    key = ("extras", service, tuple(extras))
    found = setup.memo.get(key)
    if found is None:
        rules = combined([setup.services[one] for one in (service, *extras)])
        found = setup.memo[key] = replace(setup, services={**setup.services, service: rules})
    return cast(Setup, found)


def at_the_desk(setup: Setup, service: int, extras: Sequence[int] = ()) -> Setup:
    """As `with_extras`, offered from now on and as far ahead as anybody may book by hand. Raises KeyError."""
    key = ("desk", service, tuple(extras))
    found = setup.memo.get(key)
    if found is None:
        whole = with_extras(setup, service, extras)
        rules = replace(whole.services[service], lead=0, horizon=LONGEST_HORIZON)
        found = setup.memo[key] = replace(whole, services={**whole.services, service: rules})
    return cast(Setup, found)


def combined(services: Sequence[ServiceRules]) -> ServiceRules:
    """One service that is all of these, named and gridded as the first."""
    first = services[0]
    people = [one for one in first.practitioners if all(one in rules.practitioners for rules in services)]
    roomed = [rules.rooms for rules in services if rules.rooms]
    rooms = tuple(room for room in roomed[0] if all(room in other for other in roomed)) if roomed else ()
    return replace(
        first,
        minutes=sum(rules.minutes for rules in services),
        # No rooms would mean that none is needed.
        practitioners=tuple(people) if rooms or not roomed else (),
        rooms=rooms,
        practitioner_buffers=_widest([rules.practitioner_buffers for rules in services]),
        room_buffers=_widest([rules.room_buffers for rules in services]),
        lead=max(rules.lead for rules in services),
        horizon=min(rules.horizon for rules in services),
        move_until=max(rules.move_until for rules in services),
        cancel_until=max(rules.cancel_until for rules in services),
        people=1,
    )


def _widest(buffers: Sequence[Buffers]) -> Buffers:
    return Buffers(max(one.before for one in buffers), max(one.after for one in buffers))
