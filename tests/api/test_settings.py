"""Settings: from the command line before the environment; a wrong one is explained in words."""

from pathlib import Path

import msgspec
import pytest

from api.commands.doctor import settings_findings
from api.security.keyring import ensure_secrets, new_key
from api.settings import Settings, load_settings
from survey.problems import Unavailable


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for field in msgspec.structs.fields(Settings):
        monkeypatch.delenv(f"SOUNDINGS_{field.name.upper()}", raising=False)


def test_without_any_the_defaults_hold():
    assert load_settings() == Settings()
    assert Settings().host == "127.0.0.1"


VALUES = [
    ("port", "9000", 9000),
    ("data", "/somewhere", Path("/somewhere")),
    ("secure_cookies", "true", True),
    ("secure_cookies", "0", False),
    ("sends_per_minute", "5", 5),
    ("secret", "12", "12"),
]


@pytest.mark.parametrize(("name", "text", "value"), VALUES)
def test_a_variable_of_the_environment_is_one_setting(monkeypatch, name, text, value):
    monkeypatch.setenv(f"SOUNDINGS_{name.upper()}", text)
    assert getattr(load_settings(), name) == value


def test_the_command_line_comes_before_the_environment(monkeypatch):
    monkeypatch.setenv("SOUNDINGS_PORT", "9000")
    assert load_settings(port=9001).port == 9001
    assert load_settings(port=None).port == 9000


@pytest.mark.parametrize(("name", "text"), [("port", "http"), ("secure_cookies", "perhaps")])
def test_a_setting_that_cannot_be_used_is_named(monkeypatch, name, text):
    monkeypatch.setenv(f"SOUNDINGS_{name.upper()}", text)
    with pytest.raises(Unavailable, match=name.upper()) as refused:
        load_settings()
    assert refused.value.code == "settings.invalid"
    assert "doctor" in refused.value.remedy


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path):
    first = ensure_secrets(Settings(data=tmp_path / "var"))
    again = ensure_secrets(Settings(data=tmp_path / "var"))
    assert (again.secret, again.contact_keys) == (first.secret, first.contact_keys)
    assert len(first.secret) == 64
    for name in ("secret", "contact-keys"):
        assert (tmp_path / "var" / name).stat().st_mode & 0o777 == 0o600


def test_secrets_that_were_given_are_kept(tmp_path):
    given = Settings(data=tmp_path, secret="0123456789abcdef" * 2, contact_keys=new_key())
    assert ensure_secrets(given) == given
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_never_shows_the_password_of_the_mail_server():
    text = " ".join(one.what for one in settings_findings(Settings(smtp_password="hunter2")))
    assert "hunter2" not in text
    assert "SOUNDINGS_SMTP_PASSWORD = set" in text
