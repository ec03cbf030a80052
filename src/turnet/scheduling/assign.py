"""Who gets a visit for "anyone": explicit, fair and the same every time.

1. The least specialised first: whoever can do a service that few others can is kept free for it. Everybody is compared
   by their rarest service, then by the next rarest; where one runs out of services, the other has more to be kept for.
2. Then the one with the least to do that day.
3. Then the setup's order.

Rooms are chosen by the same three rules after the practitioner, so the X-ray room is not filled with consultations.
"""

from collections.abc import Iterable, Mapping, Sequence

from turnet.scheduling.hours import practitioners
from turnet.scheduling.rules import Place, Setup

_Rank = tuple[tuple[float, ...], int, int]


def choose(places: Sequence[Place], *, setup: Setup, load: Mapping[int, int]) -> Place:
    """The best of `places` (at least one). `load`: resource → minutes, or visits, it already has that day."""
    return ranked(places, setup=setup, load=load)[0]


def ranked(places: Sequence[Place], *, setup: Setup, load: Mapping[int, int]) -> list[Place]:
    """`places`, best first; the order they came in makes no difference."""
    people = _ranks(
        {place.practitioner for place in places},
        [rules.practitioners for rules in setup.services.values()],
        practitioners(setup),
        load,
    )
    rooms = _ranks(
        {place.room for place in places if place.room is not None},
        [rules.rooms for rules in setup.services.values()],
        setup.room_locations,
        load,
    )
    roomless: _Rank = ((), 0, 0)
    return sorted(
        places,
        key=lambda place: (people[place.practitioner], roomless if place.room is None else rooms[place.room]),
    )


def _ranks(
    wanted: Iterable[int], teams: Sequence[tuple[int, ...]], order: Iterable[int], load: Mapping[int, int]
) -> dict[int, _Rank]:
    """Resource → rank, lowest first; `teams` are the resources that can serve, one entry for each service."""
    position = {resource: place for place, resource in enumerate(order)}
    return {one: (_specialised(one, teams), load.get(one, 0), position.get(one, len(position))) for one in wanted}


def _specialised(resource: int, teams: Sequence[tuple[int, ...]]) -> tuple[float, ...]:
    """Sorts by rarity: sizes of the teams it belongs to, smallest first and negated, closed by "nothing rarer"."""
    sizes = sorted(len(team) for team in teams if resource in team)
    return (*(-size for size in sizes), -float("inf"))
