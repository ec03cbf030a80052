"""What the clinic decided about SMS: what a part costs, how much a month may cost, and to which countries they go."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import PhoneNumberType

from turnet.clinic.queries import clinic
from turnet.clock import instant, minute
from turnet.db.transactions import fetch, tx
from turnet.errors import Invalid
from turnet.scheduling.hours import day_span, local_day

THOUSANDTHS = 1000
"""A price is kept in thousandths of a minor unit: gateways charge fractions of a cent."""

MOST = 10**9

_TEXTED = frozenset({
    PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.UNKNOWN, PhoneNumberType.PERSONAL_NUMBER,
})  # fmt: skip
"""Sorts of numbers that can take an SMS and are no trap: premium numbers are paid for by whoever writes to them."""


@dataclass(frozen=True, slots=True)
class Policy:
    price: int | None = None
    """Of one part, in thousandths of a minor unit; None: nobody said."""
    budget: int | None = None
    """Minor units a calendar month; None: no limit."""
    countries: tuple[str, ...] = ()
    """ISO 3166-1; none: the clinic's own region."""

    def cost(self, parts: int) -> int | None:
        """Thousandths of a minor unit."""
        return None if self.price is None else self.price * parts


DEFAULTS = Policy()


async def policy() -> Policy:
    rows = await fetch("SELECT price, budget, countries FROM texting WHERE id = 1")
    if not rows:
        return DEFAULTS
    price, budget, countries = rows[0]
    return Policy(price, budget, tuple(filter(None, countries.split(","))))


def wrong(wanted: Policy) -> dict[str, str]:
    """A price or a budget below zero or beyond reason, and a country that there is not."""
    found = {
        name: "out_of_range"
        for name, value in (("price", wanted.price), ("budget", wanted.budget))
        if value is not None and not 0 <= value <= MOST
    }
    return found if set(wanted.countries) <= phonenumbers.SUPPORTED_REGIONS else found | {"countries": "unknown"}


async def decide(wanted: Policy) -> None:
    """Raises `Invalid` for what is `wrong`."""
    if found := wrong(wanted):
        raise Invalid(found)
    async with tx():
        await fetch(
            "INSERT INTO texting (id, price, budget, countries) VALUES (1, {}, {}, {}) ON CONFLICT (id) DO UPDATE "
            "SET price = excluded.price, budget = excluded.budget, countries = excluded.countries",
            *(wanted.price, wanted.budget, ",".join(wanted.countries)),
        )


def unreachable(number: str, decided: Policy, region: str) -> str | None:
    """Why no SMS goes to this E.164 number; None: one may."""
    try:
        read = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return NO_NUMBER
    allowed = decided.countries or (region,)
    if phonenumbers.region_code_for_number(read) not in allowed:
        same_code = {phonenumbers.country_code_for_region(country) for country in allowed}
        if phonenumbers.is_valid_number(read) or read.country_code not in same_code:
            return ABROAD
    return None if phonenumbers.number_type(read) in _TEXTED else NOT_MOBILE


NO_NUMBER = "this is no telephone number"
ABROAD = "the clinic sends no SMS to that country"
NOT_MOBILE = "this telephone takes no SMS"


def month_of(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The clinic's calendar month around an instant: its first instant, and the next month's."""
    first = local_day(zone.key, minute(at)).replace(day=1)
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return instant(day_span(zone.key, first).start), instant(day_span(zone.key, after).start)


async def spent(since: datetime, until: datetime) -> int:
    """Thousandths of a minor unit that SMS cost between two instants of business time."""
    [(total,)] = await fetch(
        "SELECT COALESCE(sum(cost), 0) FROM message WHERE channel = 'sms' AND finished_at >= {} AND finished_at < {}",
        *(since, until),
    )
    return int(total)


async def budget_share(now: datetime) -> float | None:
    """How much of the budget of this month is spent, 1 being all; None without one."""
    decided, found = await policy(), await clinic()
    if not decided.budget or found is None:
        return None
    return await spent(*month_of(now, found.zone)) / (decided.budget * THOUSANDTHS)
