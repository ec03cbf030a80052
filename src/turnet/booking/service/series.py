"""One person's series of visits, such as every second week: looked at date by date, then booked all or none."""

from collections.abc import Sequence

from turnet.booking.model import Act, Booked, Person, Wish
from turnet.booking.queries import alternatives
from turnet.booking.service.book import Terms, book_together
from turnet.booking.service.reach import within_reach
from turnet.booking.service.seating import check_wish, read_board, rules_for, seat
from turnet.clinic.model import Clinic
from turnet.db.transactions import read_snapshot
from turnet.errors import NotOffered, SlotTaken
from turnet.patients.model import clean_note
from turnet.scheduling.rules import Slot

LONGEST = 30
"""Visits of one series."""


async def check_series(
    act: Act, clinic: Clinic, wishes: Sequence[Wish], *, owner: str = ""
) -> list[tuple[Wish, bool, tuple[Slot, ...]]]:
    """Each wish, whether it can be had, and if not the times nearest to it. Changes nothing.

    What `owner` holds counts as free. Raises NotYours, and NotOffered for an empty, too long or overbooked series.
    """
    wishes = [within_reach(act, wish, "visit.book") for wish in _sensible(wishes)]
    async with read_snapshot():
        free = [await _is_free(act, clinic, wish, owner) for wish in wishes]
    found = []
    for wish, one in zip(wishes, free, strict=True):
        near = () if one else tuple(await alternatives(clinic, wish, now=act.now, owner=owner))
        found.append((wish, one, near))
    return found


async def _is_free(act: Act, clinic: Clinic, wish: Wish, owner: str) -> bool:
    try:
        check_wish(act, wish)
        rules_for(act, clinic, wish)
        board = await read_board(act, clinic, [wish], owner=owner)
        seat(act, clinic, [wish], board)
    except (SlotTaken, NotOffered):
        return False
    return True


async def book_series(
    act: Act,
    clinic: Clinic,
    wishes: Sequence[Wish],
    person: Person,
    *,
    once: str,
    owner: str = "",
    tell: bool = True,
    desk_note: str = "",
) -> list[Booked]:
    """Books every wish for the same person or none, and tells them in one message. Raises as `book`."""
    party = [(wish, person) for wish in _sensible(wishes)]
    terms = Terms(tell, clean_note(desk_note, field="desk_note"), series=len(party) > 1)
    return await book_together(act, clinic, party, terms, once=once, owner=owner)


def _sensible(wishes: Sequence[Wish]) -> Sequence[Wish]:
    if not 0 < len(wishes) <= LONGEST or any(wish.over for wish in wishes):
        raise NotOffered
    return wishes
