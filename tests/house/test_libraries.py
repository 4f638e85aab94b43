"""The libraries of uv.lock: none that nothing uses, and each one on both kinds of processor."""

import re
import tomllib

from packaging.utils import parse_wheel_filename

from api.commands.sbom import dependencies_of, load_libraries, read_lock
from tests.house.trees import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = read_lock()
# Without a wheel: one file of Python.
FROM_SOURCE = {"docopt"}
# Without wheels for arm64; another library stands in there.
NOT_ON_ARM = {"pycld2"}
# What libraries ask for and never import for us.
UNUSED = {"faker", "polyfactory", "rich-click", "huggingface-hub", "pygments"}


def runs_on_arm(file):
    _, _, _, tags = parse_wheel_filename(file["url"].rpartition("/")[2])
    return any(
        re.fullmatch(r"any|manylinux.*aarch64", tag.platform)
        for tag in tags
        if tag.interpreter in ("py3", "cp313") or tag.abi == "abi3"
    )


def test_every_library_runs_on_arm64():
    without = {
        library.name
        for library in load_libraries()
        for package in PACKAGES[library.name]
        if not any(map(runs_on_arm, package.get("wheels", ())))
    }
    assert without == FROM_SOURCE | NOT_ON_ARM


def test_a_library_without_a_wheel_for_arm64_is_not_asked_for_there():
    asked = PROJECT["project"]["dependencies"]
    for name in NOT_ON_ARM:
        [line] = [line for line in asked if line.startswith(name)]
        assert "platform_machine != 'aarch64'" in line


def test_no_library_brings_what_nothing_uses():
    """pyproject.toml leaves these out for one version of a library; a newer one needs the same."""
    assert {library.name for library in load_libraries() if library.required} & UNUSED == set()
    for given in PROJECT["tool"]["uv"]["dependency-metadata"]:
        [package] = PACKAGES[given["name"]]
        assert package["version"] == given["version"]
        assert len(dependencies_of(package, ())) == len(given["requires-dist"])
