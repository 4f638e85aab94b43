"""`sbom`: the libraries of the program and their licences, as a CycloneDX bill of materials."""

import hashlib
import itertools
import sys
import tomllib
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import click
import msgspec
from packaging.markers import Marker

from api.settings import ROOT
from survey.problems import Unavailable

LICENCES_FILE = Path(__file__).with_name("licences.toml")
LOCK_FILE = ROOT / "uv.lock"
Packages = dict[str, list[dict[str, Any]]]
PROCESSORS = ("x86_64", "aarch64")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
OURS = "soundings"
SPEC = "1.6"
NAMESPACE = uuid.UUID("5a6f0b1e-7c1d-4d7b-9d51-0c6a5e0f2b11")
Component = dict[str, Any]


class Download(msgspec.Struct, frozen=True):
    """A file of a library as its publisher offers it; the hash begins with 'sha256:'."""

    url: str
    hash: str


class Library(msgspec.Struct, frozen=True, kw_only=True):
    """One locked version of a library; `needs` are the names of libraries."""

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
            # Empty if nobody has looked it up: a test fails then, rather than a bill that guesses.
            licence=known.get(name, ""),
            required=name in base,
            needs=tuple(
                sorted({dependency["name"] for dependency in dependencies_of(package, ())})
            ),
            downloads=package_downloads(package),
        )
        for name in sorted(reachable_names(packages, [*own, *extras]))
        for package in packages[name]
    ]


def direct_dependencies(packages: Packages) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The program's direct dependencies, and those that its extras add."""
    [ours] = packages[OURS]
    extras = [dependency for many in ours["optional-dependencies"].values() for dependency in many]
    return ours["dependencies"], extras


def read_lock() -> Packages:
    """The locked packages by name; some have several versions, for several Pythons."""
    if not LOCK_FILE.is_file():
        raise missing_lock_file()
    packages: Packages = {}
    for package in tomllib.loads(LOCK_FILE.read_text())["package"]:
        packages.setdefault(package["name"], []).append(package)
    return packages


missing_lock_file = Unavailable.of(
    "sbom.no_lock",
    f"{LOCK_FILE} is missing.",
    "It is part of the program: copy it from where you got the program.",
)


def reachable_names(packages: Packages, asked: Iterable[dict[str, Any]]) -> set[str]:
    """The names of these dependencies and of all that they depend on."""
    waiting = [dependency for dependency in asked if is_needed_on_linux(dependency)]
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while waiting:
        dependency = waiting.pop()
        # With its extras: a library may be needed once without them and once with them.
        key = dependency["name"], tuple(dependency.get("extra", ()))
        if key not in seen:
            seen.add(key)
            for package in packages[dependency["name"]]:
                waiting += dependencies_of(package, key[1])
    return {name for name, _ in seen}


def dependencies_of(package: dict[str, Any], extras: tuple[str, ...]) -> list[dict[str, Any]]:
    asked = list(package.get("dependencies", ()))
    for extra in extras:
        asked += package.get("optional-dependencies", {}).get(extra, ())
    return [dependency for dependency in asked if is_needed_on_linux(dependency)]


def is_needed_on_linux(dependency: dict[str, Any]) -> bool:
    """Whether the dependency is needed on Linux, under any Python or processor that we support."""
    if "marker" not in dependency:
        return True
    marker = Marker(dependency["marker"])
    machines = [{"sys_platform": "linux", "platform_machine": name} for name in PROCESSORS]
    return any(
        # Each of them, not those of this machine: the bill is of the program.
        marker.evaluate(machine | {"python_full_version": f"{version}.0"})
        for machine, version in itertools.product(machines, PYTHONS)
    )


def package_downloads(package: dict[str, Any]) -> tuple[Download, ...]:
    # All of them: which one an installation takes depends on its processor and Python.
    files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]
    return tuple(Download(file["url"], file["hash"]) for file in files)


@click.command()
@click.option(
    "--out", type=click.File("w", encoding="utf-8"), default="-", help="[default: stdout]"
)
def sbom(out: IO[str]) -> None:
    """Write the bill of materials as CycloneDX 1.6 JSON.

    It holds every library of uv.lock that runs on Linux, with version, licence and the hash of
    each of its files, and what others made within the program's own files: the front end, the
    fonts, the sentence model. It says nothing about known weaknesses; a scanner that reads
    CycloneDX does.
    """
    bill = build_sbom()
    out.write(msgspec.json.format(msgspec.json.encode(bill), indent=1).decode() + "\n")
    click.echo(f"components written: {len(bill['components']):,}", err=out is not sys.stdout)


def build_sbom() -> Component:
    """The complete bill of materials; the same files always give the same bill."""
    locked = load_libraries()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ours = {
        "type": "application",
        "bom-ref": "soundings",
        "name": "soundings",
        "version": project["version"],
        "description": project["description"],
        "licenses": [{"license": {"id": project["license"]}}],
    }
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, content_sha256(LOCK_FILE.read_bytes()))}",
        "version": 1,
        # Without the time, which the format does not ask for: the same files give the same bill.
        "metadata": {"component": ours},
        "components": [
            *(library_component(library) for library in locked),
            *(vendored_component(component) for component in load_licences().vendored),
        ],
        "dependencies": [*dependency_entries(locked)],
    }


def library_component(library: Library) -> Component:
    return {
        "type": "library",
        "bom-ref": library.purl,
        "name": library.name,
        "version": library.version,
        "scope": "required" if library.required else "optional",
        "licenses": [licence_choice(library.licence)],
        "purl": library.purl,
        "externalReferences": [
            {
                "type": "distribution",
                "url": download.url,
                "hashes": [{"alg": "SHA-256", "content": download.hash.removeprefix("sha256:")}],
            }
            for download in library.downloads
        ],
    }


def vendored_component(vendored: Vendored) -> Component:
    component: Component = {
        "type": "machine-learning-model"
        if any(name.endswith(".onnx") for name in vendored.files)
        else "library",
        "bom-ref": vendored_reference(vendored),
        "name": vendored.name,
        "version": vendored.version,
        "scope": "required",
        "licenses": [licence_choice(vendored.licence)],
        "components": [
            {
                "type": "file",
                "bom-ref": f"{vendored_reference(vendored)}#{name}",
                "name": name,
                "hashes": [
                    {"alg": "SHA-256", "content": content_sha256((ROOT / name).read_bytes())}
                ],
            }
            for name in vendored.files
        ],
    }
    return component | ({"purl": vendored.purl} if vendored.purl else {})


def vendored_reference(vendored: Vendored) -> str:
    """The id of vendored work. Not its purl: the library that it was taken from may be listed
    too.
    """
    return f"vendored:{vendored.name}@{vendored.version}"


def licence_choice(licence: str) -> Component:
    """One licence by its id, several as an expression, as the schema has it."""
    if " " in licence:
        return {"expression": licence}
    return {"license": {"id": licence}}


def dependency_entries(locked: list[Library]) -> Iterator[Component]:
    """The dependencies of each library; a name that is locked in several versions means all of
    them.
    """
    purls: dict[str, list[str]] = {}
    for library in locked:
        purls.setdefault(library.name, []).append(library.purl)
    own, extras = direct_dependencies(read_lock())
    roots = [
        purl
        for name in sorted(
            {dependency["name"] for dependency in [*own, *extras] if is_needed_on_linux(dependency)}
        )
        for purl in purls[name]
    ]
    yield {
        "ref": "soundings",
        "dependsOn": roots + [vendored_reference(v) for v in load_licences().vendored],
    }
    for library in locked:
        wanted = {purl for name in library.needs for purl in purls.get(name, ())}
        yield {"ref": library.purl, "dependsOn": sorted(wanted - {library.purl})}


def content_sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
