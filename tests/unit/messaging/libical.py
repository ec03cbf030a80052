"""libical's own opinion of a calendar, asked through ctypes."""

import ctypes
import re
from functools import cache
from typing import Any

from tests.conftest import missing


@cache
def _library() -> Any:
    try:
        library = ctypes.CDLL("libical.so.3")
    except OSError:
        return None
    library.icalparser_parse_string.restype = ctypes.c_void_p
    library.icalparser_parse_string.argtypes = [ctypes.c_char_p]
    library.icalrestriction_check.argtypes = [ctypes.c_void_p]
    library.icalcomponent_as_ical_string_r.restype = ctypes.c_void_p
    library.icalcomponent_as_ical_string_r.argtypes = [ctypes.c_void_p]
    library.icalcomponent_free.argtypes = [ctypes.c_void_p]
    library.icalmemory_free_buffer.argtypes = [ctypes.c_void_p]
    return library


def complaints(calendar: bytes) -> list[str]:
    """What breaks the rules of iCalendar or of its METHOD (iTIP); empty when nothing does."""
    library = _library()
    if library is None:
        missing("libical")
    component = library.icalparser_parse_string(calendar)
    valid = library.icalrestriction_check(component)
    written = library.icalcomponent_as_ical_string_r(component)
    text = ctypes.string_at(written).decode()
    library.icalmemory_free_buffer(written)
    library.icalcomponent_free(component)
    found = [
        line.partition(":")[2] for line in re.sub(r"\r?\n ", "", text).splitlines() if line.startswith("X-LIC-ERROR")
    ]
    return found if found or valid else ["invalid"]
