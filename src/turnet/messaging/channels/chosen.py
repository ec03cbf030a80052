"""Which channels the settings name."""

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from turnet.errors import NotFound
from turnet.ids import link_token
from turnet.messaging.addresses import domain, leads_nowhere
from turnet.messaging.channels import Channel, Gateway, Inbox
from turnet.messaging.channels.file import MailFolder, SmsFile
from turnet.messaging.channels.sms_android import SmsAndroid
from turnet.messaging.channels.sms_gammu import SmsGammu
from turnet.messaging.channels.sms_http import SmsHttp
from turnet.messaging.channels.sms_presets import PRESETS
from turnet.messaging.channels.smtp import Smtp
from turnet.settings import Settings


def channels(settings: Settings) -> dict[str, Channel]:
    """By the name of their rows. Raises `BadSetting` when one cannot be used."""
    folder = settings.data / "outbox"
    by_smtp = urlsplit(settings.mail_url).scheme in {"smtp", "smtps"}
    mail: Channel = Smtp(settings.mail_url, own_name=domain(settings)) if by_smtp else MailFolder(folder / "mail")
    return {"email": mail, "sms": gateway(settings) or SmsFile(folder / "sms.jsonl")}


def repeatable(settings: Settings) -> frozenset[str]:
    """Names of the channels through which a row that was cut off may go again. Raises `BadSetting`."""
    return frozenset(name for name, channel in channels(settings).items() if channel.repeatable)


def gateway(settings: Settings) -> Gateway | None:
    """None while SMS go to a file. Raises `BadSetting`."""
    name = settings.sms_url.partition(":")[0]
    if name == "android":
        return SmsAndroid(settings.sms_url)
    if name == "gammu":
        return SmsGammu(settings.sms_url)
    if name in PRESETS:
        reachable = settings.https and not leads_nowhere(settings)
        return SmsHttp(settings.sms_url, PRESETS[name], hook=hook_address(settings, name) if reachable else "")
    return None


def inbox(settings: Settings) -> Inbox | None:
    """None unless what people write has to be fetched from our gateway. Raises `BadSetting`."""
    ours = gateway(settings)
    return ours if isinstance(ours, SmsGammu) else None


@dataclass(frozen=True, slots=True)
class Senders:
    """What SMS leave from. A number is as the settings write it; empty is a telephone whose number nobody told us."""

    default: str
    """A number or a name."""
    asking: str | None
    """For an SMS that expects an answer; None: no answer could come back, so it had better carry a link."""


def senders(settings: Settings) -> Senders:
    """Where SMS go to a file, only the demo's pretend phone can answer. Raises `BadSetting`."""
    ours = gateway(settings)
    if ours is None:
        return Senders("", "" if settings.demo else None)
    return Senders(ours.sender, ours.number if ours.receives else None)


def called(settings: Settings, key: bytes, driver: str, secret: str) -> Gateway:
    """Whom a call to `/hooks/sms/{driver}/{secret}` speaks for. Raises `NotFound` for anybody but our gateway."""
    known = hmac.compare_digest(hook_secret(key, driver).encode(), secret.encode())
    ours = gateway(settings)
    if ours is None or ours.name != driver or not known:
        raise NotFound
    return ours


def hook_address(settings: Settings, name: str) -> str:
    """Where this gateway calls; without a signature of its own, whoever knows it can speak for it."""
    return f"{settings.origin}/hooks/sms/{name}/{hook_secret(settings.key(), name)}"


def hook_secret(key: bytes, name: str) -> str:
    return link_token(key, "hook", name, 1)
