"""What a running server would tell of: messages, backups, the disk; by the same conditions as its incidents."""

import math
from dataclasses import asdict, replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from turnet.db.transactions import fetch
from turnet.doctor.model import Check, Finding, Patient
from turnet.messaging.addresses import leads_nowhere
from turnet.messaging.channels.chosen import hook_address, hook_secret, senders
from turnet.settings import BadSetting
from turnet.watch.conditions import troubles
from turnet.watch.seen import Seen, around, stored_now

_SAID_HERE = "messages_failing"
"""With the reason, which is not for a mail."""
_ASKED, _TOLD_BY_HAND = "android", "link"
"""Gateways that learn our address for their reports from a person; the first is asked as well. The others get it with
every message."""
_FETCHED = "gammu"
"""Brings nothing: we look."""
LATELY = timedelta(days=7)


async def conditions(patient: Patient) -> list[Finding]:
    """All but what only the server's own process can see."""
    stored = replace(await stored_now(patient.clock), clock_offset_seconds=0.0)  # `database.clocks` says more
    free, size = patient.disk(patient.settings)
    there = around(patient.settings, patient.clock.real()) | {"disk_free_bytes": free, "disk_size_bytes": size}
    seen = Seen(**asdict(stored), **there, up_seconds=math.inf)
    return [
        Finding(trouble.what, trouble.where, trouble.do, wrong=trouble.name != "disk_little")
        for trouble in troubles(seen)
        if trouble.name != _SAID_HERE
    ]


async def undelivered(patient: Patient) -> list[Finding]:
    stored, found = await stored_now(patient.clock), []
    try_it = "turnet doctor --mail YOUR-ADDRESS tries the mail server, --sms YOUR-NUMBER the gateway"
    if stored.messages_failed_last_day:
        why = await fetch("SELECT error FROM message WHERE state = 'failed' ORDER BY finished_at DESC LIMIT 1")
        found.append(
            Finding(
                f"{stored.messages_failed_last_day} messages could not be delivered since yesterday; "
                f"the last: {why[0][0]}",
                "TURNET_MAIL_URL, TURNET_SMS_URL",
                try_it,
            )
        )
    if stored.messages_tried_in_vain:
        why = await fetch(
            "SELECT error FROM message WHERE state = 'queued' AND attempts > 0 ORDER BY created_at LIMIT 1"
        )
        found.append(
            Finding(
                f"{stored.messages_tried_in_vain} messages have been tried in vain for half an hour; "
                f"the first: {why[0][0]}",
                "TURNET_MAIL_URL, TURNET_SMS_URL",
                try_it,
            )
        )
    return found


async def telephones(patient: Patient) -> list[Finding]:
    """Whom only an SMS would reach."""
    settings = patient.settings
    if settings.demo or not settings.sms_url.startswith("file"):
        return []
    [(visits,)] = await fetch(
        "SELECT count(*) FROM booking WHERE starts_at > {} AND state IN ('booked', 'confirmed') AND email = ''",
        patient.clock.now(),
    )
    if not visits:
        return []
    return [
        Finding(
            f"{visits} coming visits have a telephone number only, and SMS are just written to a file",
            "TURNET_SMS_URL",
            "set it to an SMS gateway (docs/sms.md); the clinic's own phone can be one",
        )
    ]


async def reports_of_sms(patient: Patient) -> list[Finding]:
    """Where to send them, until there is a sign that somebody has told the gateway."""
    settings = patient.settings
    name = settings.sms_url.partition(":")[0]
    if settings.demo or leads_nowhere(settings):
        return []
    if name == _ASKED and not parse_qs(urlsplit(settings.sms_url).query).get("signing"):
        what = "the phone is asked every few minutes what became of SMS; it could say so at once"
        do = "register this address in the app as docs/sms.md says, with signing=KEY; or leave it: nothing is lost"
    elif name == _TOLD_BY_HAND and not await _reported():
        what = "the gateway has not reported yet what became of any SMS"
        do = "give it this address for delivery reports; keep it secret, it can call any SMS delivered"
    else:
        return []
    return [Finding(what, hook_address(settings, name), do, wrong=False)]


async def answers_to_sms(patient: Patient) -> list[Finding]:
    """Where a gateway has to bring them, until it has brought one."""
    settings = patient.settings
    name = settings.sms_url.partition(":")[0]
    try:
        number = senders(settings).asking
    except BadSetting as error:
        return [Finding(str(error), "TURNET_SMS_URL", "correct it: the server does not start with it")]
    if settings.demo or leads_nowhere(settings) or number is None or name == _FETCHED:
        return []
    if await fetch("SELECT id FROM inbound LIMIT 1"):
        return []
    what = "nothing that anybody wrote by SMS has arrived yet"
    do = f"have the gateway bring what is written to {number or 'the phone'} to this address (docs/sms.md); keep it secret"
    return [Finding(what, hook_address(settings, name), do, wrong=False)]


async def unreadable_calls(patient: Patient) -> list[Finding]:
    """Perhaps what somebody wrote, which nobody has read."""
    [(count,)] = await fetch(
        "SELECT count(*) FROM inbound WHERE state = 'unreadable' AND received_at > {}",
        patient.clock.real() - LATELY,
    )
    if not count:
        return []
    where, do = (
        "table inbound, state 'unreadable'",
        "see in its column raw what the gateway brought; docs/sms.md says what it should",
    )
    return [Finding(f"{count} calls of the SMS gateway within a week could not be read", where, do)]


async def _reported() -> bool:
    return bool(await fetch("SELECT id FROM message WHERE channel = 'sms' AND reported_at IS NOT NULL LIMIT 1"))


async def returned_mail(patient: Patient) -> list[Finding]:
    """Where the mail server hands over what comes back, until there is a sign that it does."""
    settings = patient.settings
    if settings.bounce_url or not settings.bounce_mail or leads_nowhere(settings):
        return []
    if await fetch("SELECT 1 FROM message WHERE channel = 'email' AND reported_at IS NOT NULL LIMIT 1"):
        return []
    what = f"no mail has come back to {settings.bounce_mail} yet"
    do = (
        "have the mail server hand over what arrives there to this address, or set TURNET_BOUNCE_URL (docs/messages.md)"
    )
    return [Finding(what, f"{settings.origin}/hooks/mail/{hook_secret(settings.key(), 'mail')}", do, wrong=False)]


RUNNING: tuple[Check, ...] = (
    conditions,
    undelivered,
    telephones,
    reports_of_sms,
    answers_to_sms,
    unreadable_calls,
    returned_mail,
)
