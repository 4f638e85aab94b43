"""What can be configured; each field is one environment variable, SOUNDINGS_ and its name."""

import os
from pathlib import Path

import msgspec

from survey.problems import Unavailable

ROOT = Path(__file__).parents[1]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Defaults fit one machine; see docs/operators.md for each."""

    database_url: str = ""
    data: Path = ROOT / "var"
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    secret: str = ""
    contact_keys: str = ""
    secure_cookies: bool = False
    trusted_proxies: str = "127.0.0.1"
    sends_per_minute: int = 60
    sign_ins_per_minute: int = 10
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_username: str = ""
    smtp_password: str = ""
    smtp_starttls: bool = True
    smtp_sender: str = ""
    notify_key: str = ""
    notify_template: str = ""
    notify_url: str = "https://api.notifications.service.gov.uk"
    clamd: str = ""


def from_environment(**given: object) -> Settings:
    """Settings from the environment, under those given on the command line."""
    names = [field.name for field in msgspec.structs.fields(Settings)]
    found = {
        name: os.environ[key]
        for name in names
        if (key := f"SOUNDINGS_{name.upper()}") in os.environ
    }
    found |= {name: str(value) for name, value in given.items() if value is not None}
    try:
        return msgspec.convert(found, Settings, strict=False, dec_hook=as_path)
    except msgspec.ValidationError as wrong:
        raise Unavailable(
            "settings.invalid",
            f"A setting cannot be used: {wrong}",
            "Correct the SOUNDINGS_ variable that is named; `./soundings doctor` lists them all.",
        ) from wrong


def as_path(wanted: type, value: object) -> Path:
    return Path(str(value))
