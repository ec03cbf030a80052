"""How a round's message is worded, beyond the visits that it speaks of."""

from dataclasses import dataclass, field

from turnet.clinic.model import Texts
from turnet.conversation.meaning import Asked


@dataclass(frozen=True, slots=True)
class Manner:
    asks: Asked | None = None
    """What an answer by SMS is to; None: it carries a link."""
    answerable: bool = False
    """Whoever answers it by SMS is heard, whether it asks or not."""
    folded: bool = False
    """It also says how to check in, because nothing else can before the visit."""
    named: bool = False
    """An SMS says whom it is about: more than one person is reached by that number."""
    survey: str = ""
    """Public id of the question about the visit."""
    offer: Texts = field(default_factory=dict)
    """What is offered, in the clinic's words."""


PLAIN = Manner()
