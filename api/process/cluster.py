"""Where large tasks are computed and closed months are written, as the settings say.

`SOUNDINGS_SCHEDULER` and `SOUNDINGS_ARCHIVE`; both are empty on one machine.
"""

import ipaddress
import types
from importlib.util import find_spec
from urllib.parse import urlsplit

from api.process.loading import import_lock
from survey.problems import Unavailable

CHOSEN = types.SimpleNamespace(scheduler="", archive="")
"""Set once, where a process opens its database with its settings."""

FEWEST_TEXTS = 1_000
"""Fewer texts are coded in this process: sending them would take longer."""
FEWEST_PERSONS = 500_000
"""The same for answers whose sums are made from the archive."""


def choose_cluster(*, scheduler: str, archive: str) -> None:
    """Remember both settings; `is_own_scheduler` is asked first."""
    CHOSEN.scheduler, CHOSEN.archive = scheduler, archive


def is_own_scheduler(address: str) -> bool:
    """True for a scheduler on this machine or in a private network: it is sent what people wrote.

    Written in numbers, or as a name without a dot, as containers have among themselves.
    """
    try:
        found = urlsplit(address)
        host, port = found.hostname or "", found.port
        if found.scheme not in ("tcp", "tls") or not host or not port or found.path:
            return False
        if "." not in host and ":" not in host:
            return True
        number = ipaddress.ip_address(host)
    except ValueError:
        return False
    return number.is_private and not number.is_link_local


def archive_place() -> str:
    """The folder or address of the archive; '' if there is none."""
    place: str = CHOSEN.archive
    return place


def check_archive(place: str) -> None:
    """Raise if closed months are to be written here and a library for that is not installed."""
    if place and (missing := missing_archive_library(place)):
        raise archive_without_library(missing)


def missing_archive_library(place: str) -> str:
    """The first library that is not installed of those that write to this place; '' for none."""
    if missing := next((name for name in ("duckdb", "fsspec") if find_spec(name) is None), ""):
        return missing
    protocol, elsewhere, _ = place.partition("://")
    if not elsewhere:
        return ""
    with import_lock("fsspec.registry"):
        from fsspec.registry import known_implementations
    known = known_implementations.get(protocol)
    if known is None:
        raise unknown_archive_protocol(protocol)
    library: str = known["class"].partition(".")[0]
    return "" if find_spec(library) else library


archive_without_library = Unavailable.of(
    "archive.not_installed",
    "SOUNDINGS_ARCHIVE is set, but the library {library} is not installed.",
    "Install the extra `archive`, for S3 also s3fs (docs/scale.md, Closed months as Parquet), or "
    "leave the setting empty.",
)
unknown_archive_protocol = Unavailable.of(
    "archive.unknown_place",
    "SOUNDINGS_ARCHIVE begins with {protocol}://, which fsspec does not know.",
    "Write a folder, or an address such as s3://bucket/answers.",
)


def scheduler_for(size: int, fewest: int) -> str:
    """The scheduler that a task of this size is sent to; '' if it is computed here."""
    address: str = CHOSEN.scheduler
    return address if size >= fewest else ""
