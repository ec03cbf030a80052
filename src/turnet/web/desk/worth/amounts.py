"""Money and counts as people type them."""

import re
from decimal import Decimal

from babel.numbers import get_currency_precision, get_currency_symbol, get_decimal_symbol

from turnet.i18n import current

_AMOUNT = re.compile(r"[0-9]{1,9}(?:[.,]([0-9]{1,5}))?")


def typed_count(text: str) -> int | None:
    """None for nothing. Raises `ValueError`."""
    text = re.sub(r"\s", "", text)
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(text)
    return int(text)


def typed_amount(text: str, currency: str, *, finer: int = 1) -> int | None:
    """`79`, `79,50` or `79.50 €` in minor units times `finer`, rounded; None for nothing.

    Raises `ValueError`, also where a comma may part thousands: `1,000` is not one.
    """
    text = re.sub(r"[\s€$£₪]", "", text)
    if not text:
        return None
    found, decimals = _AMOUNT.fullmatch(text), get_currency_precision(currency)
    if not found or (finer == 1 and len(found[1] or "") > decimals):
        raise ValueError(text)
    return int((Decimal(text.replace(",", ".")) * 10**decimals * finer).to_integral_value())


def amount(minor: int, currency: str, *, finer: int = 1) -> str:
    """As a field shows it again: `79` or `79.50`, in Finnish `79,50`, without the currency."""
    decimals = get_currency_precision(currency)
    found = Decimal(minor) / finer / 10**decimals
    if found == found.to_integral_value():
        return str(int(found))
    written = f"{found:.{decimals}f}" if finer == 1 else f"{found.normalize():f}"
    return written.replace(".", get_decimal_symbol(current().locale))


def sign(currency: str) -> str:
    """`€`, `₪`: stands beside a field."""
    return str(get_currency_symbol(currency, "en"))
