"""How fast answers are stored, next to what PostgreSQL and a usual program can do.

Run: python -m tests.bench.intake [--help]. It needs wrk (Debian's package) and pgbench. In turn,
on one PostgreSQL that waits for its disk: our service over HTTP, pgbench with one row a commit (as
it is, and with the best commit_delay), pgbench with 64 rows a commit and, with --yardstick, FastAPI
and SQLAlchemy (tests/bench/yardstick.py). Prints medians of the rounds: rows a second, waiting in
milliseconds, and CPU microseconds a row of the application and of PostgreSQL, which depend less on
what else the machine does.
"""

import argparse
import asyncio
import contextlib
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import asyncpg
import msgspec

from api.operations import foundations
from survey.store.connections import embedded
from survey.store.database import open_database
from survey.store.surveys import instruments
from survey.surveys.instruments import Instrument
from tests.alone import free_port

ROOT = pathlib.Path(__file__).parents[2]
HERE = pathlib.Path(__file__).parent
YARDSTICK = pathlib.Path.home() / ".cache" / "soundings-bench"
LIBRARIES = ("fastapi", "sqlalchemy[asyncio]", "asyncpg", "uvicorn[standard]")
DELAYS = (0, 20, 100, 500, 2_000)  # microseconds of commit_delay that pgbench may choose from
TICK = os.sysconf("SC_CLK_TCK")
OURS = "/api/v1/surveys/bench/responses"
WORDS = (
    "The officer explained what it was and kept calm, so I was less afraid than I expected. " * 3
)
ROW = f"""'{{"age": "25-34", "gender": "female", "seen": "yes", "trust": 3, "support": 4,
 "listens": 4, "fair": 2}}', '{WORDS[:250]}'"""
TABLE = """
    CREATE TABLE IF NOT EXISTS plain_rows (id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
                                           area int NOT NULL, answers jsonb NOT NULL, words text)
"""
ONE_ROW = f"INSERT INTO plain_rows (area, answers, words) VALUES (:area, {ROW});"
MANY_ROWS = (
    "INSERT INTO plain_rows (area, answers, words)"
    f" SELECT :area, {ROW} FROM generate_series(1, 64);"
)
POINTS = [{"en": word} for word in ("Never", "Seldom", "Sometimes", "Often", "Always")]


def eight_questions():
    def choice(name, *options):
        listed = [{"name": one, "text": {"en": one}} for one in options]
        return {"type": "choice", "name": name, "text": {"en": name}, "options": listed}

    def agreement(name):
        return {"type": "agreement", "name": name, "text": {"en": name}, "labels": POINTS}

    return msgspec.convert(
        {
            "slug": "bench", "version": 1, "mode": "open", "kind": "survey",
            "title": {"en": "Bench"}, "summary": {"en": "Bench"},
            "items": [
                choice("age", "18-24", "25-34", "35-44", "45-54", "55-64", "65+"),
                choice("gender", "female", "male", "other"),
                choice("seen", "yes", "no"),
                *map(agreement, ("trust", "support", "listens", "fair")),
                {"type": "text", "name": "comment", "text": {"en": "Comment"}},
            ],
        },
        Instrument,
    )  # fmt: skip


async def allow_connections(dsn):
    """Let the server take as many as are measured, once it has been started again."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("ALTER SYSTEM SET max_connections = 400")
    await connection.close()


async def fill_database(dsn):
    """Fill it with what the bench needs; returns the number of the server's first process."""
    async with open_database(dsn) as database, database.connection() as connection:
        await foundations.load_foundations(connection)
        await instruments.insert(connection, eight_questions())
        await connection.execute(TABLE)
        backend = await connection.fetchval("SELECT pg_backend_pid()")
        return int(process_fields(backend)[1])


# CPU time, from /proc


def process_fields(number):
    """What the system says of a process, from its state on."""
    text = pathlib.Path(f"/proc/{number}/stat").read_text()
    return text.rpartition(")")[2].split()


def process_tree(root):
    """A process and all that it started, directly or not."""
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int(process_fields(entry.name)[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, left = [], [root]
    while left:
        found.append(left.pop())
        left += children.get(found[-1], [])
    return found


def cpu_seconds(root):
    """User and system time of a process tree, with that of its children that have ended."""
    ticks = 0
    for number in process_tree(root):
        with contextlib.suppress(OSError):
            ticks += sum(map(int, process_fields(number)[11:15]))
    return ticks / TICK


# What is measured


class Target:
    """Something that stores rows; `measure` returns figures of one round."""

    def __init__(self, name, postmaster):
        self.name, self.postmaster, self.process = name, postmaster, None

    def measure(self, connections, seconds):
        app = cpu_seconds(self.process.pid) if self.process else 0
        database = cpu_seconds(self.postmaster)
        found = self.run(connections, seconds)
        rows = max(1, found["rows"])
        if self.process:
            found["app"] = (cpu_seconds(self.process.pid) - app) / rows * 1e6
        found["database"] = (cpu_seconds(self.postmaster) - database) / rows * 1e6
        return found


class Served(Target):
    """A program that takes answers by HTTP."""

    def __init__(self, name, postmaster, words, path, **environment):
        super().__init__(name, postmaster)
        self.port, self.path = free_port(), path
        self.words = [word.format(port=self.port) for word in words]
        self.environment = os.environ | environment

    @contextlib.contextmanager
    def running(self, health):
        log = pathlib.Path(tempfile.mkstemp(suffix=".log")[1])
        with log.open("w") as output:
            self.process = subprocess.Popen(
                self.words, env=self.environment, stdout=output, stderr=output
            )
        try:
            for _ in range(300):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{self.port}{health}").close()
                    break
                if self.process.poll() is not None:
                    sys.exit(log.read_text())
                time.sleep(0.2)
            yield self
        finally:
            self.process.terminate()
            self.process.wait(60)

    def run(self, connections, seconds):
        environment = os.environ | {
            "BENCH_PATH": self.path,
            "BENCH_SEED": str(time.time_ns() >> 10),
        }
        environment["BENCH_SEED"] = str(time.time_ns() // 1_000 % 2**32)
        done = subprocess.run(
            ["wrk", f"-t{1 if connections < 4 else 2}", f"-c{connections}", f"-d{seconds}s",
             "--timeout", "20s", "--latency", "-s", str(HERE / "answers.lua"),
             f"http://127.0.0.1:{self.port}"],
            env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        (line,) = re.findall("^BENCH (.*)$", done.stdout, re.MULTILINE)
        found = json.loads(line)
        rows = found["requests"] - found["refused"]
        return found | {"rows": rows, "rate": rows / found["seconds"]}


class Pgbench(Target):
    """PostgreSQL's own bench: a statement of so many rows, by prepared statements."""

    def __init__(self, name, postmaster, dsn, statement, rows, folder):
        super().__init__(name, postmaster)
        self.dsn, self.rows, self.folder = dsn, rows, folder
        self.script = folder / f"{name.replace(' ', '_')}.sql"
        self.script.write_text(f"\\set area random(1, 33)\n{statement}\n")
        self.delay = 0

    def run(self, connections, seconds):
        prefix = self.folder / "pgbench_log"
        done = subprocess.run(
            ["pgbench", "-n", "-M", "prepared", f"-c{connections}", f"-j{min(2, connections)}",
             f"-T{seconds}", "-f", str(self.script), "-l", f"--log-prefix={prefix}", self.dsn],
            env=os.environ | {"PGOPTIONS": f"-c commit_delay={self.delay} -c commit_siblings=1"},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        waits = []
        for log in self.folder.glob("pgbench_log.*"):
            waits += [int(line.split()[2]) / 1e3 for line in log.read_text().splitlines()]
            log.unlink()
        cuts = statistics.quantiles(waits, n=100) if len(waits) > 1 else [0] * 99
        (rate,) = re.findall(r"tps = ([\d.]+)", done.stdout)
        return {
            "rows": len(waits) * self.rows, "rate": float(rate) * self.rows,
            "p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "refused": 0, "broken": 0,
        }  # fmt: skip

    def choose_delay(self, connections):
        """Find the commit_delay with the highest rate at so many connections."""
        rates = {}
        for self.delay in DELAYS:
            rates[self.delay] = self.run(connections, 1)["rate"]
        self.delay = max(rates, key=rates.get)


def yardstick_python():
    """The Python of the yardstick's environment, which is made if it is missing."""
    if not (YARDSTICK / "bin" / "uvicorn").exists():
        uv = shutil.which("uv") or str(pathlib.Path(sys.executable).parent / "uv")
        subprocess.run([uv, "venv", "-q", str(YARDSTICK)], check=True)
        python = str(YARDSTICK / "bin" / "python")
        subprocess.run([uv, "pip", "install", "-q", "--python", python, *LIBRARIES], check=True)
    return str(YARDSTICK / "bin" / "python")


def our_settings(dsn, folder):
    return {
        "SOUNDINGS_DATABASE_URL": dsn,
        "SOUNDINGS_DATA": str(folder),
        "SOUNDINGS_SENDS_PER_MINUTE": "100000000",
        "OPENBLAS_NUM_THREADS": "1",
    }


def database_of(tree, dsn):
    """A database that another checkout has filled itself, as its tables and names may be others."""

    async def create():
        connection = await asyncpg.connect(dsn)
        await connection.execute("CREATE DATABASE before")
        await connection.close()

    asyncio.run(create())
    other = dsn.replace("postgresql:///soundings?", "postgresql:///before?")
    words = [sys.executable, "-P", "-m", "tests.bench.intake", "--fill", other]
    subprocess.run(words, cwd=tree, env=os.environ | {"PYTHONPATH": str(tree)}, check=True)
    return other


def served_targets(given, dsn, postmaster, folder):
    """Ours, ours of another checkout, and the yardstick, each with the address of its health."""
    for name, tree in (("ours", ROOT), ("before", given.before)):
        if tree and name in given.targets:
            own = dsn if name == "ours" else database_of(tree, dsn)
            words = [sys.executable, "-P", "-m", "api", "serve", *given.serve.split()]
            settings = our_settings(own, folder / name) | {"PYTHONPATH": str(tree)}
            words += ["--port", "{port}"]
            yield Served(name, postmaster, words, OURS, **settings), "/health"
    if given.yardstick:
        words = [yardstick_python(), "-m", "uvicorn", "tests.bench.yardstick:app"]
        words += ["--port", "{port}", "--workers", str(given.yardstick)]
        words += ["--no-access-log", "--log-level", "warning"]
        address = dsn.replace("postgresql:", "postgresql+asyncpg:")
        settings = {"YARDSTICK_DATABASE": address, "PYTHONPATH": str(ROOT)}
        yield Served("FastAPI", postmaster, words, "/answers", **settings), "/openapi.json"


def pgbench_targets(given, dsn, postmaster, folder):
    for name, statement, rows in (
        ("pgbench 1 row", ONE_ROW, 1),
        ("pgbench delay", ONE_ROW, 1),
        ("pgbench 64 rows", MANY_ROWS, 64),
    ):
        if "pgbench" in given.targets:
            yield Pgbench(name, postmaster, dsn, statement, rows, folder)


def print_table(results, names):
    head = (
        "connections",
        "target",
        "rows/s",
        "min..max",
        "p50",
        "p95",
        "p99 ms",
        "app us",
        "PG us",
        "lost",
    )
    print("| " + " | ".join(head) + " |\n|" + " --- |" * len(head))  # noqa: T201
    for (connections, name), rounds in results.items():
        middle = {key: statistics.median(one.get(key, 0) for one in rounds) for key in rounds[0]}
        rates = [one["rate"] for one in rounds]
        lost = sum(one["refused"] + one["broken"] for one in rounds)
        print(  # noqa: T201
            f"| {connections} | {names.get(name, name)} | {middle['rate']:,.0f}"
            f" | {min(rates):,.0f}..{max(rates):,.0f}"
            f" | {middle['p50']:.1f} | {middle['p95']:.1f} | {middle['p99']:.1f}"
            f" | {middle.get('app', 0):.0f} | {middle['database']:.0f} | {lost} |"
        )


def print_ratios(results):
    """Ours against each of the others, as the median of the rounds' own ratios."""
    for (connections, name), rounds in results.items():
        ours = results.get((connections, "ours"))
        if ours and name != "ours":
            ratio = statistics.median(
                mine["rate"] / other["rate"] for mine, other in zip(ours, rounds, strict=True)
            )
            print(f"{connections} connections: ours / {name} = {ratio:.2f}")  # noqa: T201


def measure(given, dsn, postmaster, folder):
    results, names = {}, {}
    with contextlib.ExitStack() as stack:
        targets = []
        for target, health in served_targets(given, dsn, postmaster, folder):
            targets.append(stack.enter_context(target.running(health)))
        targets += pgbench_targets(given, dsn, postmaster, folder)
        for target in targets:
            target.run(4, 1)  # warm
        for connections in given.connections:
            for target in targets:
                if target.name == "pgbench delay":
                    target.choose_delay(connections)
                    names[target.name] = "pgbench 1 row, best commit_delay"
            for _ in range(given.rounds):
                for target in targets:
                    found = target.measure(connections, given.seconds)
                    results.setdefault((connections, target.name), []).append(found)
    return results, names


def read_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--connections", default="1,16,64,256")
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--targets", default="ours,before,pgbench")
    parser.add_argument("--serve", default="--no-worker", help="more words for `serve`")
    parser.add_argument("--before", type=pathlib.Path, help="another checkout to compare with")
    parser.add_argument("--fill", help=argparse.SUPPRESS)  # a database, for `--before`
    parser.add_argument("--yardstick", type=int, default=0, help="processes of FastAPI; 0 for none")
    given = parser.parse_args()
    given.connections = [int(one) for one in given.connections.split(",")]
    given.targets = given.targets.split(",")
    return given


def main():
    given = read_arguments()
    if given.fill:
        asyncio.run(fill_database(given.fill))
        return
    for program in ("wrk", "pgbench"):
        if not shutil.which(program):
            sys.exit(f"{program} is needed: apt-get install wrk postgresql")
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        with embedded.open_server(folder / "postgres") as dsn:
            asyncio.run(allow_connections(dsn))
        with embedded.open_server(folder / "postgres") as dsn:
            postmaster = asyncio.run(fill_database(dsn))
            results, names = measure(given, dsn, postmaster, folder)
    machine = (
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    )
    print(f"{datetime.date.today()}, {machine}: {' '.join(sys.argv[1:]) or 'defaults'}\n")  # noqa: T201, DTZ011
    print_table(results, names)
    print_ratios(results)


if __name__ == "__main__":
    main()
