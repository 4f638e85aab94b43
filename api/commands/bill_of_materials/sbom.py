"""`sbom`: the bill of materials as CycloneDX: what the program contains, and its licences."""

import hashlib
import sys
import tomllib
import uuid
from collections.abc import Iterator
from typing import IO, Any

import click
import msgspec

from api.commands.bill_of_materials.locked import (
    LOCK_FILE,
    Library,
    Vendored,
    direct_names,
    load_libraries,
    load_licences,
)
from api.settings import ROOT

SPEC = "1.6"
NAMESPACE = uuid.UUID("5a6f0b1e-7c1d-4d7b-9d51-0c6a5e0f2b11")
Component = dict[str, Any]


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
    found = build_sbom()
    out.write(msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n")
    click.echo(f"components written: {len(found['components']):,}", err=out is not sys.stdout)


def build_sbom() -> Component:
    """The complete bill of materials; the same files always give the same one."""
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
        "metadata": {"component": ours},
        "components": [
            *(library_component(one) for one in locked),
            *(vendored_component(one) for one in load_licences().vendored),
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
                "url": one.url,
                "hashes": [{"alg": "SHA-256", "content": one.hash.removeprefix("sha256:")}],
            }
            for one in library.downloads
        ],
    }


def vendored_component(vendored: Vendored) -> Component:
    component: Component = {
        "type": "machine-learning-model" if is_model(vendored) else "library",
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


def is_model(vendored: Vendored) -> bool:
    return any(name.endswith(".onnx") for name in vendored.files)


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
    """Who depends on whom; a name that is locked in several versions means all of them."""
    purls: dict[str, list[str]] = {}
    for one in locked:
        purls.setdefault(one.name, []).append(one.purl)
    roots = [purl for name in sorted(direct_names()) for purl in purls[name]]
    yield {
        "ref": "soundings",
        "dependsOn": roots + [vendored_reference(v) for v in load_licences().vendored],
    }
    for one in locked:
        wanted = {purl for name in one.needs for purl in purls.get(name, ())}
        yield {"ref": one.purl, "dependsOn": sorted(wanted - {one.purl})}


def content_sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
