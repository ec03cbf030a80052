"""The acts on visits and holds. Each is one function and one transaction; effects follow the commit.

Lock, read what is taken, decide, delete what the act replaces and what has expired under it, insert, bump the diary.
Every act may raise `Unavailable` when the database cannot be written.
"""

from turnet.booking.service.book import book, book_party
from turnet.booking.service.cancel import cancel, undo_cancel
from turnet.booking.service.find import send_links
from turnet.booking.service.hold import hold, release, renew
from turnet.booking.service.move import move
from turnet.booking.service.sweep import sweep

__all__ = ["book", "book_party", "cancel", "hold", "move", "release", "renew", "send_links", "sweep", "undo_cancel"]
