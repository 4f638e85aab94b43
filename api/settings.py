"""The settings; each field is one environment variable, SOUNDINGS_ and its name.

`soundings setup` writes the ones it asks for to a file in the data folder.
"""

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from survey.problems import Unavailable

ROOT = Path(__file__).parents[1]
SETTINGS_FILE = "settings.env"

Transcription = Literal["off", "read", "count"]
Port = Annotated[int, Meta(ge=1, le=65535)]
PerMinute = Annotated[int, Meta(ge=1)]
# From half an hour, since a use is noted every ten minutes, up to the length of a session.
IdleMinutes = Annotated[int, Meta(ge=30, le=720)]
Processes = Annotated[int, Meta(ge=0)]
WebAddress = Annotated[str, Meta(pattern=r"^https?://[^\s/]+(/\S*)?$")]
WebAddressOrNone = Annotated[str, Meta(pattern=r"^(https?://[^\s/]+(/\S*)?)?$")]
LogFormat = Literal["text", "json"]
PortOrNone = Annotated[int, Meta(ge=0, le=65535)]
Milliseconds = Annotated[int, Meta(ge=0)]
# Variables read elsewhere: by the launcher, the embedded server, a child process or Compose.
OTHER_VARIABLES = (
    "SOUNDINGS_PYTHON",
    "SOUNDINGS_VENV",
    "SOUNDINGS_PG_BIN",
    "SOUNDINGS_CHILD_LIMITS",
    "SOUNDINGS_ADMINISTRATOR",
    "SOUNDINGS_NUMBERS",
    "SOUNDINGS_SITE",
    "SOUNDINGS_HTTP_PORT",
    "SOUNDINGS_HTTPS_PORT",
    "SOUNDINGS_APPS",
    "SOUNDINGS_WORKERS",
    "SOUNDINGS_EXTRAS",
)
EXPECTED: dict[Any, str] = {
    Port: "a port, a whole number from 1 to 65535",
    PerMinute: "a whole number from 1 up",
    IdleMinutes: "a whole number of minutes from 30 to 720",
    Processes: "a whole number; 0 for one for each core",
    bool: "true or false",
    Transcription: "off, read or count",
    LogFormat: "text or json",
    WebAddress: "an address that begins with https://",
    WebAddressOrNone: "an address that begins with http:// or https://, or empty",
    PortOrNone: "a port, or 0 for none",
    Milliseconds: "a whole number of milliseconds, or 0 for none",
}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Defaults fit one machine; see docs/operators.md for each."""

    database_url: str = ""
    direct_database_url: str = ""
    read_database_url: str = ""
    data: Path = ROOT / "var"
    host: str = "127.0.0.1"
    port: Port = 8000
    processes: Processes = 0
    public_url: str = ""
    onion_url: WebAddressOrNone = ""
    exit_url: WebAddress = "https://www.bbc.co.uk/weather"
    organisation: str = ""
    contact: str = ""
    postal_address: str = ""
    logo: str = ""
    secret: str = ""
    contact_keys: str = ""
    secure_cookies: bool = False
    trusted_proxies: str = "127.0.0.1"
    sends_per_minute: PerMinute = 60
    sign_ins_per_minute: PerMinute = 10
    idle_minutes: IdleMinutes = 60
    smtp_host: str = ""
    smtp_port: Port = 587
    smtp_username: str = ""
    smtp_password: str = ""
    smtp_starttls: bool = True
    smtp_sender: str = ""
    notify_key: str = ""
    notify_template: str = ""
    notify_url: str = "https://api.notifications.service.gov.uk"
    clamd: str = ""
    language_model_url: str = ""
    language_model_name: str = ""
    language_model_key: str = ""
    transcription: Transcription = "off"
    mpnet: bool = False
    archive: str = ""
    scheduler: str = ""
    one_person_publishes: bool = False
    webhooks_to_loopback: bool = False
    log_format: LogFormat = "text"
    slow_statement_ms: Milliseconds = 1_000
    metrics_port: PortOrNone = 0
    metrics_token: str = ""
    traces_url: str = ""
    allow_unsafe_database: bool = False

    @property
    def direct_url(self) -> str:
        """The address of the database itself, not of a pooler, for what no pooler can pass on:
        LISTEN, a backup.
        """
        return self.direct_database_url or self.database_url

    @property
    def is_pooled(self) -> bool:
        """Whether the address of the database is a pooler's, such as PgBouncer's."""
        return self.direct_url != self.database_url

    @property
    def slow_s(self) -> float:
        """The number of seconds from which on a statement counts as slow; 0 if no statement
        does.
        """
        return self.slow_statement_ms / 1_000


def load_settings(more: Mapping[str, str] | None = None, **given: object) -> Settings:
    """The settings: from the command line, else the environment, else the file in the data folder.

    `more` are lines that are about to be written to that file.
    """
    types = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    said = {name: str(value) for name, value in given.items() if value is not None}
    settings = {
        name: os.environ[key] for name in types if (key := environment_name(name)) in os.environ
    } | said
    # The folder comes from elsewhere: the file cannot say where it is itself.
    written = read_settings_file(Path(settings.get("data", Settings().data)) / SETTINGS_FILE)
    written |= more or {}
    from_file = {name: written[key] for name in types if (key := environment_name(name)) in written}
    settings = from_file | settings
    if str(settings.get("public_url", "")).startswith("https://"):
        # A site behind HTTPS must not show its cookies to whoever listens on plain HTTP.
        settings.setdefault("secure_cookies", "true")
    return Settings(
        **{name: convert_setting(name, types[name], settings[name]) for name in settings}
    )


def read_settings_file(file: Path) -> dict[str, str]:
    """The variables set in a file, one NAME=value a line; empty if there is no file."""
    try:
        lines = file.read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as wrong:
        why = wrong.strerror if isinstance(wrong, OSError) else "it is not text"
        raise unreadable_settings(file, str(why)) from wrong
    pairs = [line.partition("=") for line in lines if "=" in line and not line.startswith("#")]
    return {name.strip(): value.strip() for name, _, value in pairs}


unreadable_settings = Unavailable.of(
    "settings.unreadable",
    "The settings in {file} cannot be read: {why}.",
    "Let the account that runs this read the file, or name a folder of its own in SOUNDINGS_DATA.",
)


def environment_name(field: str) -> str:
    return f"SOUNDINGS_{field.upper()}"


def unknown_variables(names: Iterable[str] = os.environ) -> dict[str, str]:
    """Variables that look like settings but are not, each with the most similar name."""
    known = [*setting_names(), *OTHER_VARIABLES]
    return {
        name: next(iter(difflib.get_close_matches(name, known, 1)), "")
        for name in sorted(names)
        if name.startswith("SOUNDINGS_") and name not in known
    }


def setting_names() -> list[str]:
    return [environment_name(field.name) for field in msgspec.structs.fields(Settings)]


def convert_setting(name: str, wanted: Any, value: str) -> Any:
    """The value as its field's type; the error names the variable."""
    try:
        # Not strict, because every variable is text: it also reads numbers, true and false.
        return msgspec.convert(value, wanted, strict=False, dec_hook=as_path)
    except msgspec.ValidationError as wrong:
        raise bad_setting(
            environment_name(name), EXPECTED.get(wanted, "another value"), value
        ) from wrong


bad_setting = Unavailable.of(
    "settings.invalid",
    "{variable} has to be {expected}; it is {value!r}.",
    "Correct it where you set it; `./soundings doctor` lists every setting.",
)


def as_path(wanted: type, value: object) -> Path:
    return Path(str(value))


bad_scanner_address = Unavailable.of(
    "settings.invalid",
    "SOUNDINGS_CLAMD is neither host:port nor the path of a socket.",
    "Write for example 127.0.0.1:3310 or /run/clamav/clamd.ctl; empty for no scanner.",
)
bad_language_model_address = Unavailable.of(
    "settings.invalid",
    "SOUNDINGS_LANGUAGE_MODEL_URL is not an address of this machine or of a private network.",
    "Write it in numbers, for example http://127.0.0.1:8080/v1; empty for no language model.",
)
bad_scheduler_address = Unavailable.of(
    "settings.invalid",
    "SOUNDINGS_SCHEDULER is not an address of this machine or of a private network.",
    "Write it like tcp://10.0.0.5:8786, or tls:// with certificates; empty for no cluster.",
)
unusable_logo = Unavailable.of(
    "settings.invalid",
    "SOUNDINGS_LOGO cannot be used: {why}.",
    "Name another file, or leave the setting empty.",
)
