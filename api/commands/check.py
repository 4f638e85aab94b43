"""`test`: every check of the house, in the order in which they are quick."""

import os
import shutil
import subprocess
import sys
import time

import click

from api.settings import ROOT

WALLS = "from importlinter.cli import lint_imports_command; lint_imports_command()"
CHECKS = [
    ("lint", [sys.executable, "-m", "ruff", "check", "."]),
    ("form", [sys.executable, "-m", "ruff", "format", "--check", "--quiet", "."]),
    ("walls", [sys.executable, "-c", WALLS]),
    ("types", [sys.executable, "-m", "mypy"]),
]
TESTS = [sys.executable, "-m", "pytest", "-q", "-rs"]
# A file of tests stays in one process: those of a browser share a database.
ON_TWO_CORES = ["--numprocesses=2", "--dist=loadfile"]
QUICK = ["--cov", *ON_TWO_CORES, "-m", "not slow"]
SLOW = [*ON_TWO_CORES, "-m", "slow"]


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--slow", is_flag=True, help="Run only the tests that are long or statistical.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(arguments: tuple[str, ...], slow: bool) -> None:
    """Run lint, form, walls, types and all tests that are quick, with coverage.

    Given ARGUMENTS, such as the name of a test file, only pytest runs, with these, in one process.

    The tests use a real PostgreSQL of their own and a real Chromium; what is skipped is said with
    its reason at the end.
    """
    if shutil.which("chromium") is None:
        click.secho("No Chromium here: the browser tests will be skipped.", fg="yellow")
    checks = [] if arguments or slow else CHECKS
    failed = [name for name, command in checks if not passes(name, command)]
    command = [*TESTS, *(arguments or (SLOW if slow else QUICK))]
    tested = subprocess.run(command, cwd=ROOT, env=environment(), check=False)  # noqa: S603
    if tested.returncode:
        failed.append("tests")
    if failed:
        click.secho(f"Not good: {', '.join(failed)}.", fg="red", err=True)
        sys.exit(1)
    click.secho("All is well.", fg="green")


def passes(name: str, command: list[str]) -> bool:
    began = time.monotonic()
    done = subprocess.run(  # noqa: S603
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    good = done.returncode == 0
    click.echo(f"{name:6} {'good' if good else 'NOT GOOD'} ({time.monotonic() - began:.0f} s)")
    if not good:
        click.echo(done.stdout + done.stderr)
    return good


def environment() -> dict[str, str]:
    """One thread for each array library: two cores are shared by the tests' servers too."""
    return os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
