"""What `TURNET_SMS_URL` may say, and what is refused before anything is sent."""

import pytest

from turnet.messaging.channels.account import Account, account
from turnet.messaging.channels.sms_android import SmsAndroid
from turnet.messaging.channels.sms_http import SmsHttp
from turnet.messaging.channels.sms_presets import PRESETS
from turnet.settings import BadSetting


@pytest.mark.parametrize(
    ("url", "read"),
    [
        (
            "android://u%40x:p%2Fw@192.168.1.20:8080?tls=none&sim=1",
            Account("android", "u@x", "p/w", "http://192.168.1.20:8080", {"sim": "1"}),
        ),
        (
            "android://u:p@api.sms-gate.app/3rdparty/v1/",
            Account("android", "u", "p", "https://api.sms-gate.app/3rdparty/v1", {}),
        ),
        ("46elks://u:p@?from=+46700000000", Account("46elks", "u", "p", "https://there", {"from": "+46700000000"})),
        ("019://u:p@[::1]:9?tls=none", Account("019", "u", "p", "http://[::1]:9", {})),
    ],
)
def test_an_sms_url_says_whose_account_where(url: str, read: Account) -> None:
    assert account(url, host="there", known=("from", "sim")) == read


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("android://u:p@", "names no host"),
        ("android://u:p@phone.example:port", "cannot be read"),
        ("android://u:p@phone.example?tls=none", "tls=none"),
        ("android://u:p@8.8.8.8?tls=none", "tls=none"),
        ("android://u:p@169.254.169.254?tls=none", "tls=none"),
        ("android://u:p@phone.example?sims=1", "knows no sims="),
        ("android://phone.example", "lacks the app's user name and password"),
        ("android://u:p@phone.example?sim=4", "sim=4"),
        ("twilio://AC1@?from=Tuomi", "lacks the account's name or secret"),
        ("twilio://AC1:t@", "lacks from="),
        ("twilio://AC1:t@?from=MuchTooLongAName", "from=MuchTooLongAName"),
        ("46elks://u:p@?from=Tuomi\u00e4", "from="),
        ("019://u:t@?from=Tuomi Dental", "from="),
        ("link://u:p@n-eu.linkmobility.example?from=Tuomi&platform=SMSC", "lacks partner="),
        ("link://u:p@?from=Tuomi&platform=SMSC&partner=1", "names no host"),
        ("infobip://key@?from=Tuomi", "names no host"),
    ],
)
def test_an_sms_url_that_cannot_be_used_says_what_is_wrong(url: str, said: str) -> None:
    name = url.partition(":")[0]

    with pytest.raises(BadSetting, match=said):
        _ = SmsAndroid(url) if name == "android" else SmsHttp(url, PRESETS[name])


def test_no_refusal_repeats_the_secret() -> None:
    for url in ("twilio://AC1:hush@", "android://u:hush@phone.example:port", "link://u:hush@?from=Tuomi"):
        name = url.partition(":")[0]
        with pytest.raises(BadSetting) as caught:
            _ = SmsAndroid(url) if name == "android" else SmsHttp(url, PRESETS[name])
        assert "hush" not in str(caught.value)
