"""Makes the files of a release from the last commit.

    python -P -m tools.release FOLDER [--image]

writes into FOLDER the source as an archive, a wheel, the bill of materials, the notes and the
SHA-256 of each; with --image also the image of Docker, which takes minutes. The version is that of
pyproject.toml. What the release says of itself is the section of this version in CHANGELOG.md.
Nothing is published: the last lines say how to tag the commit.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import click

from api.settings import ROOT
from survey.problems import Conflict

IN_WHEEL = ("api", "survey", "analysis", "demo", "guide", "pyproject.toml", "uv.lock", "LICENSE")
OF_THE_WHEEL = """
[project.scripts]
soundings = "soundings:main"

[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
packages = ["soundings"]
artifacts = ["soundings/guide"]
"""

unfinished_work = Conflict.of(
    "release.unfinished",
    "The working tree differs from the last commit, of which a release is made.",
    "Commit or remove what `git status` lists, then run this again.",
)
missing_notes = Conflict.of(
    "release.no_notes",
    "CHANGELOG.md has no section for version {version}.",
    "Write what changed below `## {version}, DATE`, with what an operator must do.",
)


def project_version(root: Path = ROOT) -> str:
    return str(tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"])


def release_notes(changelog: str, version: str) -> str:
    """The section of a version without its heading; raises if there is none."""
    section = re.search(
        rf"^## {re.escape(version)}[,:].*?\n(.*?)(?=^## |\Z)", changelog, re.M | re.S
    )
    if section is None or not section[1].strip():
        raise missing_notes(version)
    return section[1].strip() + "\n"


def run(*command: str, folder: Path = ROOT) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(  # noqa: S603 - the words are our own
        command, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def make_archive(folder: Path, version: str) -> None:
    """The source as git has it: the same bytes whenever it is made from the same commit."""
    name = f"soundings-{version}"
    file = folder / f"{name}.tar.gz"
    run("git", "archive", f"--prefix={name}/", f"--output={file}", "HEAD")


def make_wheel(folder: Path) -> None:
    """A wheel with one importable name, since PyPI has packages called `survey` and `analysis`."""
    with tempfile.TemporaryDirectory(prefix="soundings-wheel-") as temporary:
        top = Path(temporary)
        package = top / "soundings"
        package.mkdir()
        run("git", "archive", f"--output={top / 'source.tar'}", "HEAD")
        shutil.unpack_archive(top / "source.tar", top / "source")
        run(sys.executable, "-P", str(ROOT / "docs/guide.py"), str(top / "source/guide"))
        for name in IN_WHEEL:
            shutil.move(top / "source" / name, package / name)
        shutil.copy(ROOT / "tools/installed.py", package / "__init__.py")
        for name in ("README.md", "LICENSE"):
            shutil.copy(ROOT / name, top / name)
        project, _, _ = (ROOT / "pyproject.toml").read_text().partition("[dependency-groups]")
        (top / "pyproject.toml").write_text(project + OF_THE_WHEEL)
        uv = Path(sys.executable).with_name("uv")
        run(str(uv), "build", "--quiet", "--wheel", "--out-dir", str(top / "made"), folder=top)
        [wheel] = (top / "made").glob("*.whl")
        shutil.move(wheel, folder / wheel.name)


def make_image(folder: Path, version: str) -> None:
    name = f"soundings:{version}"
    run("docker", "build", "--target", "soundings", "--tag", name, ".")
    run("docker", "save", "--output", str(folder / f"soundings-{version}-image.tar"), name)


def write_checksums(folder: Path) -> None:
    files = sorted(file for file in folder.iterdir() if file.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    (folder / "SHA256SUMS").write_text("".join(lines))


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--image", is_flag=True, help="Build and save the image of Docker too.")
def release(folder: Path, image: bool) -> None:
    """Make the files of a release from the last commit."""
    version = project_version()
    notes = release_notes((ROOT / "CHANGELOG.md").read_text(), version)
    if run("git", "status", "--porcelain").strip():
        raise unfinished_work()
    folder = folder.absolute()
    folder.mkdir(parents=True)
    (folder / "NOTES.md").write_text(notes)
    make_archive(folder, version)
    make_wheel(folder)
    run(sys.executable, "-P", "-m", "api", "sbom", "--out", str(folder / "soundings.cdx.json"))
    if image:
        make_image(folder, version)
    write_checksums(folder)
    click.echo("\n".join(sorted(file.name for file in folder.iterdir())))
    click.echo(f"Then: git tag --annotate v{version} --file {folder / 'NOTES.md'}")


if __name__ == "__main__":
    release()
