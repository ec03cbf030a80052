"""Who messages come from, how a number is written for people, and whether links in them would lead anywhere."""

import ipaddress
from email.utils import parseaddr
from urllib.parse import urlsplit

import phonenumbers

from turnet.i18n import current
from turnet.settings import Settings


def sender(settings: Settings) -> str:
    """The bare address that mail comes from, which is also the calendar's organizer."""
    return parseaddr(settings.mail_from)[1] or f"appointments@{_host(settings)}"


def domain(settings: Settings) -> str:
    return sender(settings).rpartition("@")[2]


def _host(settings: Settings) -> str:
    host = urlsplit(settings.origin).hostname or "localhost"
    return "localhost" if _is_address(host) else host


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def leads_nowhere(settings: Settings) -> bool:
    """True when patients could not open the links: they would lead to their own device."""
    host = urlsplit(settings.origin).hostname or "localhost"
    loopback = ipaddress.ip_address(host).is_loopback if _is_address(host) else host == "localhost"
    return not settings.demo and (loopback or host.endswith(".localhost"))


def spoken_phone(number: str) -> str:
    """`+358 30 000116` for an E.164 number; anything else as the clinic wrote it."""
    try:
        read = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def dialled(phone: str, region: str) -> str:
    """As people of the clinic's country write it.

    An SMS has no direction marks, so in a line of Hebrew spaces would turn the order of the figures round.
    """
    try:
        read = phonenumbers.parse(phone, region)
    except phonenumbers.NumberParseException:
        return phone
    number = phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.NATIONAL)
    return number.replace(" ", "-") if current().direction == "rtl" else number
