"""The libraries of `uv.lock` that run on Linux, with their licences."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from packaging.markers import Marker

from api.settings import ROOT
from survey.problems import Unavailable

LICENCES_FILE = Path(__file__).with_name("licences.toml")
LOCK_FILE = ROOT / "uv.lock"
Packages = dict[str, list[dict[str, Any]]]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
OURS = "soundings"


class Download(msgspec.Struct, frozen=True):
    """A file of a library as its publisher offers it; the hash begins with 'sha256:'."""

    url: str
    hash: str


class Library(msgspec.Struct, frozen=True, kw_only=True):
    """One locked version of a library; `needs` are names."""

    name: str
    version: str
    licence: str
    required: bool
    needs: tuple[str, ...] = ()
    downloads: tuple[Download, ...] = ()

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"


class Vendored(msgspec.Struct, frozen=True, kw_only=True):
    """Other people's work that is included in our own files."""

    name: str
    version: str
    licence: str
    purl: str = ""
    files: tuple[str, ...] = ()


class Licences(msgspec.Struct, frozen=True):
    """The content of licences.toml."""

    libraries: dict[str, str]
    vendored: tuple[Vendored, ...]


def load_licences() -> Licences:
    return msgspec.toml.decode(LICENCES_FILE.read_bytes(), type=Licences)


def load_libraries() -> list[Library]:
    """Every library that runs, sorted by name; those of extras are not `required`."""
    packages = read_lock()
    own, extras = direct_dependencies(packages)
    base = reachable_names(packages, own)
    known = load_licences().libraries
    return [
        Library(
            name=name,
            version=package["version"],
            licence=known.get(name, ""),
            required=name in base,
            needs=tuple(sorted({one["name"] for one in dependencies_of(package, ())})),
            downloads=package_downloads(package),
        )
        for name in sorted(reachable_names(packages, [*own, *extras]))
        for package in packages[name]
    ]


def direct_dependencies(packages: Packages) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The program's direct dependencies, and those that its extras add."""
    [ours] = packages[OURS]
    extras = [one for many in ours["optional-dependencies"].values() for one in many]
    return ours["dependencies"], extras


def direct_names() -> set[str]:
    own, extras = direct_dependencies(read_lock())
    return {one["name"] for one in [*own, *extras] if is_needed_on_linux(one)}


def read_lock() -> Packages:
    """The locked packages by name; some have several versions, for several Pythons."""
    if not LOCK_FILE.is_file():
        raise Unavailable(
            "sbom.no_lock",
            f"{LOCK_FILE} is missing.",
            "It is part of the program: copy it from where you got the program.",
        )
    found: Packages = {}
    for package in tomllib.loads(LOCK_FILE.read_text())["package"]:
        found.setdefault(package["name"], []).append(package)
    return found


def reachable_names(packages: Packages, asked: Iterable[dict[str, Any]]) -> set[str]:
    """The names of these dependencies and of all that they depend on."""
    waiting = [one for one in asked if is_needed_on_linux(one)]
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while waiting:
        one = waiting.pop()
        key = one["name"], tuple(one.get("extra", ()))
        if key not in seen:
            seen.add(key)
            for package in packages[one["name"]]:
                waiting += dependencies_of(package, key[1])
    return {name for name, _ in seen}


def dependencies_of(package: dict[str, Any], extras: tuple[str, ...]) -> list[dict[str, Any]]:
    asked = list(package.get("dependencies", ()))
    for extra in extras:
        asked += package.get("optional-dependencies", {}).get(extra, ())
    return [one for one in asked if is_needed_on_linux(one)]


def is_needed_on_linux(dependency: dict[str, Any]) -> bool:
    """Whether the dependency is needed on Linux under any Python that we support."""
    if "marker" not in dependency:
        return True
    marker = Marker(dependency["marker"])
    return any(
        marker.evaluate({"sys_platform": "linux", "python_full_version": f"{one}.0"})
        for one in PYTHONS
    )


def package_downloads(package: dict[str, Any]) -> tuple[Download, ...]:
    files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]
    return tuple(Download(one["url"], one["hash"]) for one in files)
