"""Who messages come from, how a number is written for people, and whether links in them would lead anywhere."""

import ipaddress
from email.utils import parseaddr
from urllib.parse import urlsplit

import phonenumbers

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
