"""Shows how far a test run is, then its slowest ten tests and its failures on one screen.

A pytest plugin that `./soundings test` loads. The full output of failed tests goes to a file.
"""

import collections
import time
from pathlib import Path

import pytest

from tests.balance import chosen_part

FOLDER = Path(__file__).parents[1] / "var/tests"
STEP = 5  # per cent
SLOWEST = 10
MOST_FAILURES = 30  # as many lines as a screen holds
WIDTH = 150


def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(config), "progress of all tests")


@pytest.hookimpl(wrapper=True)
def pytest_report_teststatus(report):
    """Print no dot for each test: a line every five per cent is easier to read."""
    category, _, word = yield
    return category, "", word if category == "skipped" else ""


def duration_text(seconds):
    return f"{int(seconds) // 60} min {int(seconds) % 60:02} s"


def first_line(report):
    """The first line of what went wrong."""
    crash = getattr(report.longrepr, "reprcrash", None)
    message = crash.message if crash else str(report.longrepr).strip()
    return next(iter(message.splitlines()), "")


class Progress:
    def __init__(self, config):
        self.config = config
        self.began = time.monotonic()
        self.tests, self.done, self.said = 0, 0, 0
        self.failures = []
        self.seconds = collections.Counter()
        FOLDER.mkdir(parents=True, exist_ok=True)
        part = chosen_part(config)
        self.file = FOLDER / ("failures.txt" if part == "quick" else f"failures-{part}.txt")
        self.file.write_text("")

    def write_line(self, line):
        reporter = self.config.pluginmanager.getplugin("terminalreporter")
        reporter.ensure_newline()
        reporter.write_line(line)
        reporter.flush()

    def pytest_collection_finish(self, session):
        self.tests = len(session.items) or self.tests

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids):
        self.tests = len(ids)

    def pytest_collectreport(self, report):
        if report.failed:
            self.save_failure(report)

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] += report.duration
        if report.failed:
            self.save_failure(report)
        if report.when == "teardown":
            self.done += 1
            share = 100 * self.done // max(self.tests, 1)
            if share >= self.said + STEP:
                self.said = share - share % STEP
                self.say_progress()

    def save_failure(self, report):
        when = getattr(report, "when", "collect")
        line = f"{report.nodeid}{'' if when == 'call' else f' ({when})'}: {first_line(report)}"
        self.failures.append(line[:WIDTH])
        self.write_line(f"FAILED {line[:WIDTH]}")
        with self.file.open("a") as file:
            file.write(f"{'=' * 100}\n{line}\n{report.longreprtext}\n")
            for name, content in report.sections:
                file.write(f"--- {name}\n{content}\n")

    def say_progress(self):
        bad = f", {len(self.failures)} failed" if self.failures else ""
        taken = duration_text(time.monotonic() - self.began)
        self.write_line(f"{self.said:3} %  {self.done:,} of {self.tests:,} tests, {taken}{bad}")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self):
        yield
        self.write_line(f"The slowest {SLOWEST}:")
        for nodeid, seconds in self.seconds.most_common(SLOWEST):
            self.write_line(f"{seconds:6.1f} s  {nodeid[:WIDTH]}")
        if self.failures:
            shown = self.failures[:MOST_FAILURES]
            self.write_line(f"What failed ({len(self.failures)}), in full in {self.file}:")
            for line in shown:
                self.write_line(f"  {line}")
            if len(shown) < len(self.failures):
                self.write_line(f"  and {len(self.failures) - len(shown)} more")
