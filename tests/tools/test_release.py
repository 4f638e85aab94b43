"""A release is made from the last commit: archive, wheel, bill of materials, notes, checksums."""

import datetime
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import urllib.request
import zipfile

import pytest
import yaml

from survey.problems import Conflict
from tests.campaigns.conftest import folder
from tests.campaigns.processes import Service
from tests.house.trees import ROOT
from tools import release

__all__ = ["folder"]  # a fixture
CHANGELOG = "# Changelog\n\n## 0.3.0, May 2027\n- New.\n\n## 0.2.0, May 2026\n- Old.\n"
VERSION = release.project_version()


@pytest.mark.parametrize(("version", "notes"), [("0.3.0", "- New.\n"), ("0.2.0", "- Old.\n")])
def test_the_notes_are_the_section_of_the_version(version, notes):
    assert release.release_notes(CHANGELOG, version) == notes


@pytest.mark.parametrize("version", ["0.4.0", "0.3"])
def test_a_version_without_notes_is_refused(version):
    with pytest.raises(Conflict) as refused:
        release.release_notes(CHANGELOG.replace("0.3.0", "0.3.0.1"), version)
    assert refused.value.code == "release.no_notes"


def test_the_version_is_the_same_wherever_it_is_said():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    newest = re.search(r"^## (\S+), (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    [own] = [package["version"] for package in locked if package["name"] == "soundings"]
    assert {cited["version"], newest[1], own} == {VERSION}
    day = datetime.date.fromisoformat(cited["date-released"])
    assert newest[2] == f"{day:%-d %B %Y}"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The files of a release, made in a fresh clone of the last commit."""
    folder = tmp_path_factory.mktemp("release")
    clone = folder / "clone"
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{ROOT}", clone], check=True)
    words = [sys.executable, "-P", "-m", "tools.release", folder / "files"]
    environment = os.environ | {"PYTHONPATH": str(clone)}
    subprocess.run(words, cwd=clone, env=environment, check=True)
    return folder / "files"


@pytest.mark.slow
def test_a_release_has_all_its_files_with_their_checksums(made):
    names = {file.name for file in made.iterdir()}
    wheel, archive = f"soundings-{VERSION}-py3-none-any.whl", f"soundings-{VERSION}.tar.gz"
    assert names == {wheel, archive, "NOTES.md", "SHA256SUMS", "soundings.cdx.json"}
    for line in (made / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((made / name).read_bytes()).hexdigest() == digest
        names.remove(name)
    assert names == {"SHA256SUMS"}
    with tarfile.open(made / archive) as opened:
        assert f"soundings-{VERSION}/soundings" in opened.getnames()
    assert json.loads((made / "soundings.cdx.json").read_text())["bomFormat"] == "CycloneDX"


@pytest.mark.slow
def test_the_wheel_has_one_name_and_serves_from_it(made, folder):
    [wheel] = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        tops = {name.partition("/")[0] for name in opened.namelist()}
        opened.extractall(folder / "site")
    assert tops == {"soundings", f"soundings-{VERSION}.dist-info"}
    start = "import sys; sys.argv[0] = 'soundings'; from soundings import main; main()"

    class Installed(Service):
        program, path = (sys.executable, "-P", "-c", start), folder / "site"

    with Installed(folder) as service:
        for address in ("/guide/index.html", "/complaints"):
            assert b"<h1" in urllib.request.urlopen(service.address + address).read()
