"""Which channels the settings name."""

from urllib.parse import urlsplit

from turnet.ids import link_token
from turnet.messaging.addresses import domain, leads_nowhere
from turnet.messaging.channels import Channel, Gateway
from turnet.messaging.channels.file import MailFolder, SmsFile
from turnet.messaging.channels.sms_android import SmsAndroid
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
    if name in PRESETS:
        reachable = settings.https and not leads_nowhere(settings)
        return SmsHttp(settings.sms_url, PRESETS[name], hook=hook_address(settings, name) if reachable else "")
    return None


def hook_address(settings: Settings, name: str) -> str:
    """Where this gateway reports to; whoever knows it can call every message delivered."""
    return f"{settings.origin}/hooks/sms/{name}/{hook_secret(settings.key(), name)}"


def hook_secret(key: bytes, name: str) -> str:
    return link_token(key, "hook", name, 1)
