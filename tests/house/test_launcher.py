"""The launcher, which no other test runs: what it takes for a run of the slow tests."""

import subprocess

import pytest

from tests.house.trees import ROOT

LAUNCHER = (ROOT / "soundings").read_text()


@pytest.mark.parametrize(
    ("words", "slow"),
    [
        ("test --slow", True),
        ("test --slow --seed 1", True),
        ("test --long", True),
        ("test tests/survey --slow", True),
        ("test", False),
        ("test tests/survey/test_slow.py", False),
        ("demo --slow", False),
    ],
)
def test_programs_for_the_slow_tests_are_installed_for_them_alone(words, slow):
    """It said no to `test --slow`, so that 70 tests were skipped on a new machine."""
    asks = next(line for line in LAUNCHER.splitlines() if line.startswith("needs_programs()"))
    done = subprocess.run(["/bin/sh", "-c", f"{asks}\nneeds_programs {words}"], check=False)
    assert (done.returncode == 0) is slow
