"""The clinic's mark as a PNG, for home screens that take no SVG: drawn here, because two shapes need no library."""

import re
import struct
import zlib
from functools import lru_cache
from math import hypot, sqrt

from turnet.web.kit.assets import BRAND

Point = tuple[float, float]

GRID = 32.0
"""The square that `assets.mark` draws in; the rest is in its units."""
_CORNER = 9.0
_HANDS: tuple[tuple[Point, Point], ...] = (((16, 8.5), (16, 16)), ((16, 16), (21, 20)))
_STROKE = 3.2
_SUBROWS = 4
_HEX = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")


def rgb(brand: str) -> tuple[int, int, int]:
    """A hexadecimal colour; other ways to write one fall back to ours."""
    digits = (brand if _HEX.fullmatch(brand) else BRAND)[1:]
    if len(digits) < 6:
        digits = "".join(digit * 2 for digit in digits)
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


@lru_cache(maxsize=8)
def mark_png(colour: tuple[int, int, int], size: int, *, whole: bool) -> bytes:
    """`size` pixels a side. `whole`: to the edges, for systems that cut a shape of their own (maskable)."""
    rows = [bytearray(bytes((*colour, 255)) * size) for _ in range(size)]
    if not whole:
        _round(rows, size)
    _strike(rows, size, colour)
    raw = b"".join(b"\0" + row for row in rows)
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(raw, 9)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _round(rows: list[bytearray], size: int) -> None:
    """Sets how much of each corner's pixels is covered; the four are mirrors of one."""
    radius = _CORNER / GRID * size
    for y in range(int(radius) + 1):
        below = [radius - (y + (n + 0.5) / _SUBROWS) for n in range(_SUBROWS)]
        insets = [radius - sqrt(max(0.0, radius * radius - d * d)) if d > 0 else 0.0 for d in below]
        for x in range(int(max(insets)) + 1):
            covered = sum(min(1.0, max(0.0, x + 1 - inset)) for inset in insets) / _SUBROWS
            for row in (rows[y], rows[size - 1 - y]):
                row[x * 4 + 3] = row[(size - 1 - x) * 4 + 3] = round(covered * 255)


def _strike(rows: list[bytearray], size: int, colour: tuple[int, int, int]) -> None:
    """The two hands in white."""
    unit, half = size / GRID, _STROKE / 2
    points = [point for hand in _HANDS for point in hand]
    left, right = (int((f(x for x, _ in points) + side) * unit) for f, side in ((min, -half - 1), (max, half + 1)))
    top, bottom = (int((f(y for _, y in points) + side) * unit) for f, side in ((min, -half - 1), (max, half + 1)))
    for y in range(top, bottom):
        for x in range(left, right):
            at = ((x + 0.5) / unit, (y + 0.5) / unit)
            white = min(1.0, max(0.0, (half - min(_away(at, *hand) for hand in _HANDS)) * unit + 0.5))
            if white:
                rows[y][x * 4 : x * 4 + 3] = bytes(round(c + (255 - c) * white) for c in colour)


def _away(at: Point, begin: Point, end: Point) -> float:
    """Distance of a point from a line between two."""
    (x, y), (x0, y0), (x1, y1) = at, begin, end
    dx, dy = x1 - x0, y1 - y0
    along = min(1.0, max(0.0, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)))
    return hypot(x - x0 - along * dx, y - y0 - along * dy)
