"""`test`: every check of the house; what is quick in one part, what is long in another."""

import os
import secrets
import shutil
import subprocess
import sys

import click

from api.settings import ROOT

WALLS = "from importlinter.cli import lint_imports_command; lint_imports_command()"
CHECKS = {
    "lint": [sys.executable, "-m", "ruff", "check", "."],
    "form": [sys.executable, "-m", "ruff", "format", "--check", "--quiet", "."],
    "walls": [sys.executable, "-c", WALLS],
    "types": [sys.executable, "-m", "mypy"],
}
PYTEST = [sys.executable, "-m", "pytest", "-q", "-rs"]
AT_ONCE = ["--numprocesses=3", "--dist=loadfile", "-p", "tests.balance"]
WHOLE = [*AT_ONCE, "-p", "tests.progress", "--tb=no"]
QUICK = ["-m", "not slow", "--hypothesis-profile=the same each time"]
SLOW = ["-m", "slow or hypothesis", "--hypothesis-profile=random"]
OTHERS = {  # what only the slow part needs, and what it is for
    "ffmpeg": "real sound and film",
    "exiftool": "what cameras write into files",
    "clamd": "the scanner for viruses",
    "Rscript": "figures compared with those of R",
    "javac": "conditions compared with those of JavaRosa",
}


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--slow", is_flag=True, help="Run what is long, statistical or searches at random.")
@click.option("--coverage", is_flag=True, help="Count which lines run; too few is a failure.")
@click.option("--measure", is_flag=True, help="Record again how long each file of tests takes.")
@click.option("--seed", type=int, help="The seed of what is random in --slow, to see it again.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(
    arguments: tuple[str, ...], slow: bool, coverage: bool, measure: bool, seed: int | None
) -> None:
    """Run lint, form, walls, types and all tests that are quick: some minutes on two cores.

    The tests use a real PostgreSQL of their own and a real Chromium. How far they are is said as
    they run; at the end stand what was skipped and why, the slowest ten, and what failed. What a
    failed test said in full is then in var/tests.

    With --slow the other part runs instead: tests that take long, kill programs or repeat
    something often, comparisons with other programs (R, JavaRosa, ffmpeg, exiftool, clamd), and
    all properties again on examples drawn at random, whose seed is said.

    Given ARGUMENTS, such as the name of a test file, only pytest runs, with these, in one process.
    """
    if arguments:
        sys.exit(run_pytest([*PYTEST, *arguments], "0"))
    say_what_is_missing(slow)
    more = ["--cov"] * coverage + ["--measure"] * measure
    if slow:
        failed = failed_slow_tests(more, secrets.randbelow(10**6) if seed is None else seed)
    else:
        failed = failed_checks_and_tests(more)
    if failed:
        click.secho(f"Not good: {', '.join(failed)}.", fg="red", err=True)
        sys.exit(1)
    click.secho("All is well.", fg="green")


def say_what_is_missing(slow: bool) -> None:
    if shutil.which("chromium") is None:
        click.secho("No Chromium here: the browser tests will be skipped.", fg="yellow")
    missing = [name for name in OTHERS if slow and shutil.which(name, path=everywhere()) is None]
    for name in missing:
        click.secho(f"No {name} here ({OTHERS[name]}): its tests will be skipped.", fg="yellow")


def everywhere() -> str:
    """Where programs are, those of a system too: clamd is one."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])


def failed_checks_and_tests(more: list[str]) -> list[str]:
    """The checks run beside the tests, and say what they found when these have ended."""
    checks = {name: start(command) for name, command in CHECKS.items()}
    tests = run_pytest([*PYTEST, *WHOLE, *QUICK, *more], "0")
    failed = [name for name, check in checks.items() if not passes(name, check)]
    return failed + ["tests"] * bool(tests)


def failed_slow_tests(more: list[str], seed: int) -> list[str]:
    click.echo(f"Seed {seed}: `./soundings test --slow --seed {seed}` draws the same examples.")
    searching = [*SLOW, f"--hypothesis-seed={seed}"]
    return ["tests"] * bool(run_pytest([*PYTEST, *WHOLE, *searching, *more], str(seed)))


def run_pytest(command: list[str], seed: str) -> int:
    return subprocess.run(command, cwd=ROOT, env=environment(seed), check=False).returncode  # noqa: S603


def start(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603
        command,
        cwd=ROOT,
        env=environment("0"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def passes(name: str, check: subprocess.Popen[str]) -> bool:
    said, _ = check.communicate()
    click.echo(f"{name}: {'NOT GOOD' if check.returncode else 'good'}")
    if check.returncode:
        click.echo(said)
    return check.returncode == 0


def environment(seed: str) -> dict[str, str]:
    """One thread for each array library: two cores are shared by the tests' servers too."""
    given = {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": seed}
    return os.environ | given
