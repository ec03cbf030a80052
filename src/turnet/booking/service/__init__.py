"""The acts on visits and holds. Each is one function and one transaction; effects follow the commit.

Lock, read what is taken, decide, delete what the act replaces and what has expired under it, insert, bump the diary.
Staff are asked about their permissions inside; an act that relied on hours which have changed since looks again.
Every act may raise `Unavailable` when the database cannot be written.
"""

from turnet.booking.service.arrive import arrive, not_here
from turnet.booking.service.ask import ask_for_new_time, call_in, write_to
from turnet.booking.service.block import block, unblock
from turnet.booking.service.book import book, book_party
from turnet.booking.service.cancel import cancel, say_why, undo_cancel
from turnet.booking.service.confirm import confirm
from turnet.booking.service.find import send_links
from turnet.booking.service.hold import hold, release, renew
from turnet.booking.service.late import run_late
from turnet.booking.service.mark import mark
from turnet.booking.service.move import move
from turnet.booking.service.note import recontact, write_desk_note
from turnet.booking.service.offer import drop_offers, offer_times, take_offer
from turnet.booking.service.series import book_series, check_series
from turnet.booking.service.sweep import sweep
from turnet.booking.service.told import told_by_phone
from turnet.booking.service.undo import undo_last

__all__ = [
    "arrive", "ask_for_new_time", "block", "book", "book_party", "book_series", "call_in", "cancel", "check_series",
    "confirm", "drop_offers", "hold", "mark", "move", "not_here", "offer_times", "recontact", "release", "renew",
    "run_late", "say_why", "send_links", "sweep", "take_offer", "told_by_phone", "unblock", "undo_cancel", "undo_last",
    "write_desk_note", "write_to",
]  # fmt: skip
