"""The environment wins over turnet.toml, which wins over the default; what cannot be used says so in one line."""

from pathlib import Path

import pytest

from turnet.settings import BadSetting, load


def test_default_is_sqlite_on_loopback(tmp_path: Path) -> None:
    settings = load({}, data=tmp_path)

    assert (settings.on_sqlite, settings.host, settings.port) == (True, "127.0.0.1", 8000)
    assert (settings.origin, settings.https, settings.limited) == ("http://127.0.0.1:8000", False, True)
    assert (settings.database_file, settings.key_file) == (tmp_path / "turnet.db", tmp_path / "secret.key")


def test_environment_wins_over_file_and_file_over_default(tmp_path: Path) -> None:
    (tmp_path / "turnet.toml").write_text('listen = "127.0.0.1:9000"\nadmin_mail = "owner@clinic.example"\n')

    settings = load({"TURNET_LISTEN": "127.0.0.1:9100"}, data=tmp_path)

    assert (settings.port, settings.admin_mail) == (9100, "owner@clinic.example")


def test_data_directory_comes_from_the_environment_unless_it_is_given(tmp_path: Path) -> None:
    assert load({"TURNET_DATA": "/var/lib/turnet"}).data == Path("/var/lib/turnet")
    assert load({"TURNET_DATA": "/var/lib/turnet"}, data=tmp_path).data == tmp_path


def test_base_url_loses_the_slash_at_its_end(tmp_path: Path) -> None:
    settings = load({"TURNET_BASE_URL": "https://times.clinic.example/"}, data=tmp_path)

    assert (settings.origin, settings.https) == ("https://times.clinic.example", True)


def test_demo_never_sends_anything_for_real(tmp_path: Path) -> None:
    settings = load({"TURNET_MAIL_URL": "smtp://mail.clinic.example"}, data=tmp_path, demo=True)

    assert (settings.mail_url, settings.sms_url, settings.demo) == ("file:", "file:", True)


@pytest.mark.parametrize(
    ("name", "value", "shown", "want"),
    [
        ("TURNET_LISTEN", "8000", "8000", "an address and a port, such as 127.0.0.1:8000"),
        ("TURNET_LISTEN", "127.0.0.1:99999", "127.0.0.1:99999", "an address and a port, such as 127.0.0.1:8000"),
        ("TURNET_DATABASE_URL", "mysql://u:secret@h/x", "mysql://…", "empty or postgresql://user:pass@host/name"),
        ("TURNET_BASE_URL", "times.clinic.example", "times.clinic.example", "an http:// or https:// address"),
        ("TURNET_MAIL_URL", "imap://u:secret@host", "imap://…", "smtp://…, smtps://… or file:"),
        (
            "TURNET_SMS_URL",
            "fax://u:secret@host",
            "fax://…",
            "android://, gammu://, twilio://, 46elks://, 019://, link://, infobip:// or file:",
        ),
        ("TURNET_PING_URL", "ftp://u:secret@host", "ftp://…", "an http:// or https:// address"),
        ("TURNET_MAIL_FROM", "clinic.example", "clinic.example", "a mail address, such as times@clinic.example"),
        ("TURNET_ADMIN_MAIL", "owner@", "owner@", "a mail address, such as times@clinic.example"),
        ("TURNET_BACKUP_KEY", "AGE-SECRET-KEY-1QQ", "AGE-SECR…", "an age public key, age1…"),
        ("TURNET_QUEUE_URL", "amqp://u:secret@host", "amqp://…", "empty, postgresql://… or redis://…"),
        ("TURNET_LIMITS", "no", "no", "on or off"),
    ],
)
def test_unusable_value_is_refused_with_what_to_write_and_without_secrets(
    tmp_path: Path, name: str, value: str, shown: str, want: str
) -> None:
    with pytest.raises(BadSetting) as refused:
        load({name: value}, data=tmp_path)

    assert str(refused.value) == f"{name} is {shown!r}; it must be {want}"


def test_base_url_is_required_off_loopback(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"^TURNET_BASE_URL is ''; it must be set"):
        load({"TURNET_LISTEN": "0.0.0.0:8000"}, data=tmp_path)

    given = {"TURNET_LISTEN": "0.0.0.0:8000", "TURNET_BASE_URL": "https://times.clinic.example"}
    assert load(given, data=tmp_path).host == "0.0.0.0"


def test_unknown_name_in_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "turnet.toml").write_text('lissen = "127.0.0.1:9000"\n')

    with pytest.raises(BadSetting) as refused:
        load({}, data=tmp_path)

    assert str(refused.value) == f"{tmp_path / 'turnet.toml'}: unknown setting 'lissen'; docs/settings.md lists them"


def test_unreadable_file_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "turnet.toml").write_text("listen =")

    with pytest.raises(BadSetting, match=r"turnet\.toml"):
        load({}, data=tmp_path)
