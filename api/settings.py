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
WebAddresses = Annotated[str, Meta(pattern=r"^( *https?://[^\s,]+ *(,|$) *)*$")]
LogFormat = Literal["text", "json"]
PortOrNone = Annotated[int, Meta(ge=0, le=65535)]
Milliseconds = Annotated[int, Meta(ge=0)]
CopyCommand = Annotated[str, Meta(pattern=r"^$|\{\}")]
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
    WebAddresses: "addresses that begin with https://, separated by commas, or empty",
    PortOrNone: "a port, or 0 for none",
    Milliseconds: "a whole number of milliseconds, or 0 for none",
    CopyCommand: "a command with {} in place of the path of the backup, or empty",
}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Defaults fit one machine. docs/reference.py writes docs/reference/settings.md from the
    texts below each field; a comment begins a part of that page and names the page that says how.
    """

    # Who runs it (docs/tutorials/first-server.md)

    organisation: str = ""
    """Who runs this installation, as residents read it on the home page, at the foot of every page,
    under `/about` and on paper."""
    contact: str = ""
    """How to reach you: an email address, the address of a page, or words such as a telephone
    number."""
    postal_address: str = ""
    """Where to send complaints on paper; `;` separates its lines. It is printed on the form."""
    logo: str = ""
    """The path of a picture for the home page: PNG, JPEG, WebP or SVG, up to 60 KB. It is read when
    the program starts."""

    # Database and files (docs/how-to/operators/install-with-your-postgresql.md)

    database_url: str = ""
    """`postgresql://user:password@host:5432/name`, PostgreSQL 15 or later. Empty: an embedded
    PostgreSQL in the data folder."""
    direct_database_url: str = ""
    """The address of the database itself, where `SOUNDINGS_DATABASE_URL` is that of a pooler such
    as PgBouncer. Backups, restores and notifications use it."""
    read_database_url: str = ""
    """A streaming replica, from which reports, exports and dashboards are read."""
    data: Path = ROOT / "var"
    """The folder of the embedded database, the secrets and `settings.env`; `--data` takes
    precedence."""
    backup_copy: CopyCommand = ""
    """A command that copies each backup to a second place, such as
    `rsync {} {}.sha256 backup@example.org:soundings/`; `{}` is its path. It runs
    without a shell; if it fails, so does `backup`."""
    allow_unsafe_database: bool = False
    """For tests only. `true` starts on a PostgreSQL that may lose confirmed answers, which is
    otherwise refused (`database.unsafe`)."""

    # Addresses and the proxy (docs/how-to/operators/use-a-domain.md)

    host: str = "127.0.0.1"
    """The address to listen on; `--host` of `serve` takes precedence."""
    port: Port = 8000
    """The port to listen on; `--port` of `serve` takes precedence."""
    processes: Processes = 0
    """How many processes serve the pages. `0`: one for each core, at most eight. `--processes` of
    `serve` takes precedence."""
    public_url: str = ""
    """What sign-in links and links in emails begin with, such as `https://soundings.example.org`.
    Empty: the host and port that the program listens on."""
    secure_cookies: bool = False
    """`true` sends cookies over HTTPS only, and asks browsers to stay with HTTPS for a year. If it
    is not set and the public address begins with `https://`, it is `true`."""
    trusted_proxies: str = "127.0.0.1"
    """The addresses, separated by commas, whose `X-Forwarded-For` and `X-Forwarded-Proto` are
    believed."""
    onion_url: WebAddressOrNone = ""
    """The address of your onion service, such as `http://abc….onion`. Every page then names its own
    address there, so that Tor Browser offers it."""
    exit_url: WebAddress = "https://www.bbc.co.uk/weather"
    """The website that opens when somebody presses *Exit this page* on a page of a complaint, a
    case or a feedback form. Choose one that many people read."""

    # Secrets (docs/how-to/operators/keep-keys.md)

    secret: str = ""
    """Signs the tokens that protect forms against forgery, and receipts: 32 random characters or
    more (`secret.weak`). Empty: made at the first start, in the file `secret` of the data
    folder."""
    contact_keys: str = ""
    """The keys that encrypt addresses, words and files of complaints, separated by commas, the
    newest first. Empty: made at the first start, in the file `contact-keys` of the data folder."""

    # Limits (docs/reference/limits.md)

    sends_per_minute: PerMinute = 60
    """How many answers and complaints by JSON one source may send in a minute, as many files, and
    as many pages with files; residents’ pages accept 20 times as many forms."""
    sign_ins_per_minute: PerMinute = 10
    """How many times one source may try to sign in within a minute."""
    idle_minutes: IdleMinutes = 60
    """After how many minutes without use, from 30 to 720, staff are signed out. NIST SP 800-63B-4
    asks for an hour or less for work with personal data."""

    # Email (docs/how-to/operators/send-email.md)

    smtp_host: str = ""
    """Your mail server. If it is empty and Notify is not set either, nobody can subscribe, and no
    email about a case is sent."""
    smtp_port: Port = 587
    """The port of the mail server. On 465 the connection begins with TLS."""
    smtp_username: str = ""
    """The user name for the mail server. Empty, with an empty password: without signing in."""
    smtp_password: str = ""
    """The password for the mail server."""
    smtp_starttls: bool = True
    """Nothing is sent before STARTTLS. `false` is only for a server on the same machine."""
    smtp_sender: str = ""
    """Who emails come from, such as `Soundings <soundings@example.org>`. Empty: as without a mail
    server."""
    notify_key: str = ""
    """An API key of [GOV.UK Notify](https://www.notifications.service.gov.uk/). With a template,
    emails about cases go that way."""
    notify_template: str = ""
    """The id of an email template there, whose subject is `((subject))` and whose message is
    `((body))`."""
    notify_url: str = "https://api.notifications.service.gov.uk"
    """Where Notify answers."""

    # Publishing and programs

    one_person_publishes: bool = False
    """`true` lets the person who marked an edition or a scrutiny panel's report as reviewed publish
    it too, for a group with one reviewer; the audit then says so. Otherwise another person has to
    (`edition.own`, `scrutiny_report.own`)."""
    other_places: WebAddresses = ""
    """The sites of other places, separated by commas. Their newest published editions are read once
    an hour and shown at `/reports/places`."""
    webhooks_to_loopback: bool = False
    """For tests and development only. `true` lets webhooks go to this machine, there also without
    TLS."""

    # Scanning for viruses (docs/how-to/operators/scan-for-viruses.md)

    clamd: str = ""
    """A ClamAV daemon that scans files: `host:port`, or the path of its socket."""

    # A language model (docs/how-to/operators/connect-a-language-model.md)

    language_model_url: str = ""
    """A language model on this machine or in your private network, written in numbers, such as
    `http://127.0.0.1:8080/v1`. Empty: nothing is drafted."""
    language_model_name: str = ""
    """The model's name there, if the server has several."""
    language_model_key: str = ""
    """A key, if the server asks for one."""

    # Speech (docs/how-to/operators/write-down-speech.md)

    transcription: Transcription = "off"
    """`read`: sound in complaints is written down for the handler of the case. `count`: what the
    handler accepts also counts as a text of the complaint, once you have measured the model."""

    # A second reader (docs/how-to/operators/add-a-second-reader.md)

    mpnet: bool = False
    """`true` finds themes of English texts with a larger model, where its extra is installed."""

    # More than one machine (docs/how-to/operators/use-several-machines.md)

    archive: str = ""
    """A folder, or an address such as `s3://bucket/answers`, where closed months are written as
    Parquet. It needs the extra `archive` (`archive.not_installed`). Empty: nothing is written."""
    scheduler: str = ""
    """A Dask scheduler in your private network, such as `tcp://10.0.0.5:8786`. Texts are coded
    there when 1,000 or more wait. Empty: this machine codes them."""

    # Logs, metrics and traces (docs/how-to/operators/watch-it.md)

    log_format: LogFormat = "text"
    """`json` writes each line of the log as one JSON object."""
    slow_statement_ms: Milliseconds = 1_000
    """Statements of the database that take this many milliseconds are logged. `0`: none."""
    metrics_port: PortOrNone = 0
    """The port for metrics, apart from the pages. `0`: none."""
    metrics_token: str = ""
    """32 random characters or more (`metrics.weak_token`) that a program has to send to read the
    metrics. Empty: only this machine can read them. Set: the port listens at `SOUNDINGS_HOST`."""
    traces_url: str = ""
    """Where traces are sent, such as `http://127.0.0.1:4318/v1/traces`. It needs the extra
    `tracing` (`traces.not_installed`)."""

    @property
    def direct_url(self) -> str:
        """The database itself, for what no pooler can pass on: LISTEN, a backup."""
        return self.direct_database_url or self.database_url

    @property
    def is_pooled(self) -> bool:
        """Whether the address of the database is a pooler's, such as PgBouncer's."""
        return self.direct_url != self.database_url

    @property
    def slow_s(self) -> float:
        """The seconds from which on a statement counts as slow; 0 if none does."""
        return self.slow_statement_ms / 1_000


class OtherVariables(msgspec.Struct, frozen=True):
    """Variables that are read elsewhere, with the defaults that they have there."""

    # Read by setup, the launcher and PostgreSQL's programs

    administrator: str = ""
    """`Name <address>` of the first administrator. Only `setup` reads it."""
    pg_bin: str = ""
    """The folder of PostgreSQL's programs for the embedded database, backups and restores."""
    python: str = ""
    """The Python with which the launcher `./soundings` makes its environment."""
    venv: str = ".venv"
    """The folder where the launcher installs the libraries."""

    # Read by Docker Compose (docs/how-to/operators/install-with-compose.md)

    site: str = "http://"
    """The domain for which the balancer fetches a certificate. `http://`: a proxy before it does
    TLS."""
    http_port: str = "127.0.0.1:8000"
    """Where this machine answers plain HTTP."""
    https_port: str = "127.0.0.1:8443"
    """Where this machine answers HTTPS."""
    networks: str = "10.83"
    """What the networks of the containers begin with; a second installation needs another."""
    apps: int = 2
    """How many applications run."""
    workers: int = 1
    """How many workers run."""
    extras: str = ""
    """The extras that the image is built with, separated by spaces, such as `archive cluster`."""

    # Set by the program for its own processes

    child_limits: str = ""
    """How much memory and time a process may use that reads a stranger's file."""
    numbers: str = ""
    """Where the processes of one `serve` count together."""
    balanced: str = ""
    """Whether a balancer divides the requests, as with `serve --no-worker`."""


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
    read = {name: convert_setting(name, types[name], value) for name, value in settings.items()}
    return Settings(**read)


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
    known = [*setting_names(), *setting_names(OtherVariables)]
    return {
        name: next(iter(difflib.get_close_matches(name, known, 1)), "")
        for name in sorted(names)
        if name.startswith("SOUNDINGS_") and name not in known
    }


def refuse_unknown_variables() -> None:
    """Raise for a variable that looks like a setting but is not: it would do nothing."""
    if strange := unknown_variables():
        raise unknown_settings(name_with_nearest(strange))


def name_with_nearest(strange: Mapping[str, str]) -> str:
    """The names, each with the one that was probably meant."""
    meant = {name: f" (did you mean {near}?)" if near else "" for name, near in strange.items()}
    return ", ".join(name + nearest for name, nearest in meant.items())


def setting_names(of: type[Settings | OtherVariables] = Settings) -> list[str]:
    return [environment_name(field.name) for field in msgspec.structs.fields(of)]


def convert_setting(name: str, wanted: Any, value: str) -> Any:
    """The value as its field's type; the error names the variable."""
    try:
        # Not strict, because every variable is text: it also reads numbers, true and false.
        return msgspec.convert(value, wanted, strict=False, dec_hook=as_path)
    except msgspec.ValidationError as wrong:
        expected = EXPECTED.get(wanted, "another value")
        raise bad_setting(environment_name(name), expected, value) from wrong


unknown_settings = Unavailable.of(
    "settings.unknown",
    "These are not settings: {names}.",
    "Correct or remove them where they are set, such as in .env. docs/reference/settings.md lists "
    "every setting.",
)
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
