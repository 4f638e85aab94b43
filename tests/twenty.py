"""Twenty runs of the quick tests: ten on a quiet machine, ten at a load of four next to them.

`python -m tests.twenty` goes on where it stopped: each run clones the last commit, runs
`./soundings test` there and adds a line to the table in docs/how-to/programmers/tests.md. A red
run begins its part again.
"""

import contextlib
import datetime
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from tests.progress import duration_text

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs/how-to/programmers/tests.md"
HEAD = "| part | commit | day | load before | time | result |"
PARTS = {"quiet": 0, "load 4": 4}  # the load next to the tests: what is missing is made
RUNS = 10
BUSY = "while True: pass"


@click.command()
@click.option("--most", default=2 * RUNS, help="End after this many runs; go on another time.")
@click.option("--part", "asked", type=click.Choice(list(PARTS)), help="Only this part.")
def twenty(most: int, asked: str | None) -> None:
    """Run the quick tests until each part was green ten times in a row."""
    parts = [asked] if asked else list(PARTS)
    for _ in range(most):
        rows = table_rows(DOCUMENT.read_text())
        part = next((one for one in parts if green_runs(rows, one) < RUNS), None)
        if part is None:
            break
        line = run_once(part)
        DOCUMENT.write_text(with_line(DOCUMENT.read_text(), line))
        click.echo(line)
    for part in PARTS:
        green = green_runs(table_rows(DOCUMENT.read_text()), part)
        click.echo(f"{part}: {green} of {RUNS} green in a row")


def green_runs(rows: list[list[str]], part: str) -> int:
    """How many runs of a part were green since its last red one."""
    results = [cells[5] for cells in rows if cells[0] == part]
    reds = [number for number, result in enumerate(results, 1) if not is_green(result)]
    return len(results) - max(reds, default=0)


def is_green(result: str) -> bool:
    return re.fullmatch(r"\d+ passed", result) is not None


def table_rows(document: str) -> list[list[str]]:
    """The cells of each run so far."""
    _, _, after = document.partition(HEAD)
    table = after.partition("\n\n")[0].strip().splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def run_once(part: str) -> str:
    """One line of the table: the quick tests of a fresh clone, with nothing but the load."""
    missing = max(0, round(PARTS[part] - os.getloadavg()[0]))
    with tempfile.TemporaryDirectory(prefix="twenty-") as folder, busy_processes(missing):
        clone = Path(folder, "soundings")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        commit = read_output(["git", "-C", str(clone), "rev-parse", "--short=8", "HEAD"]).strip()
        load, began = os.getloadavg()[0], time.monotonic()
        environment = os.environ | {"SOUNDINGS_VENV": sys.prefix}
        environment.pop("PYTHONPATH", None)
        run = subprocess.run(
            ["./soundings", "test"],
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        took = duration_text(time.monotonic() - began)
        kept = clone / "var/tests/failures.txt"
        if run.returncode:
            click.echo(run.stdout)
            click.echo(kept.read_text() if kept.exists() else "")
    day = datetime.datetime.now(datetime.UTC).strftime("%-d %b %Y")
    result = result_of(run.stdout, run.returncode)
    return f"| {part} | {commit} | {day} | {load:.1f} | {took} | {result} |"


def result_of(said: str, status: int) -> str:
    """How many tests passed and failed, by pytest's closing line, and which checks failed."""
    closing = re.findall(r"^.*\d (?:passed|failed|errors?)\b.* in [\d.]+s", said, re.MULTILINE)
    counts = re.findall(r"\d+ (?:passed|failed|errors?)", closing[-1] if closing else "")
    bad = re.findall(r"^(\w+): NOT GOOD", said, re.MULTILINE)
    words = [*(counts or ["no tests"]), *(f"{check} not good" for check in bad)]
    return ", ".join(words) + (f", status {status}" if status and words == counts[:1] else "")


@contextlib.contextmanager
def busy_processes(count: int):
    running = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for one in running:
            one.kill()
            one.wait()


def read_output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def with_line(document: str, line: str) -> str:
    before, head, after = document.partition(HEAD)
    table, blank, rest = after.partition("\n\n")
    return f"{before}{head}{table.rstrip()}\n{line}{blank or chr(10)}{rest}"


if __name__ == "__main__":
    twenty()
