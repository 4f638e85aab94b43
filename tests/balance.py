"""Gives the test files to the workers, the slowest first, by the seconds measured before.

A pytest plugin that `./soundings test` loads; with `--measure` it rewrites the measured
seconds. A file that was never measured counts the average time for each of its tests.
"""

import collections
import json
from pathlib import Path

import pytest

DURATIONS = Path(__file__).with_name("durations.json")
# One worker runs these together, because what their tests share is slow to make.
TOGETHER = {
    "tests/browser/": "a server and a browser",
    "tests/house/": "the parsed code",
    "tests/api/security/test_gate.py": "the parsed code",
    "tests/api/process/test_loading.py": "the parsed code",
    "tests/api/pages/staff/test_rows_under.py": "the invented city",
    "tests/api/jobs/test_the_whole_way.py": "the invented city",
    "tests/survey/store/editions/test_inputs.py": "the invented city",
    "tests/survey/store/cases/test_inbox.py": "the invented city",  # reads other languages, too
    "tests/analysis/text/test_multilingual.py": "the invented city",
    "tests/analysis/themes/test_codebook.py": "the invented city",
    "tests/spec/test_text.py": "the invented city",
}


def file_of(nodeid):
    return nodeid.partition("::")[0]


def unit_of(nodeid):
    """What one worker runs as a whole: a test file, or several files that share a slow fixture."""
    file = file_of(nodeid)
    return next((unit for start, unit in TOGETHER.items() if file.startswith(start)), file)


def expected_seconds(tests, seconds):
    """How many seconds these tests will take, by the measured times of their files."""
    average = sum(seconds.values()) / (len(seconds) or 1) / 30  # a file has some 30 tests
    counts = collections.Counter(map(file_of, tests))
    return sum(seconds.get(file, average * count) for file, count in counts.items())


def chosen_part(config):
    """The part that `-m` selects, as `api/commands/checks.py` writes it."""
    expression = config.option.markexpr
    if expression.startswith("not slow"):
        return "quick"
    return "long" if expression == "long" else "slow"


def load_durations(part):
    return json.loads(DURATIONS.read_text()).get(part, {})


def pytest_addoption(parser):
    parser.addoption("--measure", action="store_true", help="write tests/durations.json anew")


def pytest_configure(config):
    if not hasattr(config, "workerinput") and config.option.measure:
        config.pluginmanager.register(DurationRecorder(config), "clock")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadFileScheduling

    class LongestFirst(LoadFileScheduling):
        """Gives the longest of what is left to whichever worker is nearly done."""

        seconds = load_durations(chosen_part(config))

        def _split_scope(self, nodeid):
            return unit_of(nodeid)

        def _assign_work_unit(self, node):
            longest = max(
                self.workqueue, key=lambda one: expected_seconds(self.workqueue[one], self.seconds)
            )
            self.workqueue.move_to_end(longest, last=False)
            super()._assign_work_unit(node)

    return LongestFirst(config, log)


class DurationRecorder:
    """Adds up how long each test file took and writes it to tests/durations.json."""

    def __init__(self, config):
        self.part = chosen_part(config)
        self.seconds = collections.Counter()

    def pytest_runtest_logreport(self, report):
        self.seconds[file_of(report.nodeid)] += report.duration

    def pytest_sessionfinish(self):
        known = json.loads(DURATIONS.read_text())
        known[self.part] = {file: round(one, 1) for file, one in sorted(self.seconds.items())}
        DURATIONS.write_text(json.dumps(known, indent=1) + "\n")
