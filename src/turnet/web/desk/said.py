"""What was just done at the desk, as the toast says it, with the way back."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    text: str
    """One sentence, such as `Eero Salo is done.`"""
    undo: str = ""
    """Where a POST takes it back; empty: it cannot be taken back."""
    version: int = 0
    back: str = "/desk"
    """The page to be on afterwards."""
