"""Money and counts as people type them."""

import re
from decimal import Decimal

from babel.numbers import get_currency_precision

_AMOUNT = re.compile(r"[0-9]{1,9}([.,][0-9]{1,5})?")


def typed_count(text: str) -> int | None:
    """None for nothing. Raises `ValueError`."""
    text = re.sub(r"\s", "", text)
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(text)
    return int(text)


def typed_amount(text: str, currency: str, *, finer: int = 1) -> int | None:
    """`79`, `79,50` or `79.50 €` in minor units times `finer`, rounded; None for nothing. Raises `ValueError`."""
    text = re.sub(r"[\s€$£₪]", "", text)
    if not text:
        return None
    if not _AMOUNT.fullmatch(text):
        raise ValueError(text)
    minor = Decimal(text.replace(",", ".")) * 10 ** get_currency_precision(currency)
    return int((minor * finer).to_integral_value())


def amount(minor: int, currency: str, *, finer: int = 1) -> str:
    """As a field shows it again: `79` or `79.50`, without the currency."""
    decimals = get_currency_precision(currency)
    found = Decimal(minor) / finer / 10**decimals
    if found == found.to_integral_value():
        return str(int(found))
    return f"{found:.{decimals}f}" if finer == 1 else f"{found.normalize():f}"
