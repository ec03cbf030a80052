"""Copies of everything a clinic would miss, kept, checked, and put back."""


class BackupError(RuntimeError):
    """A backup cannot be made or put back; the text is one line that says why and what to do."""


class Running(BackupError):
    """Somebody else is making one of the same clinic."""
