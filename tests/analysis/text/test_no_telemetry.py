"""No library that reads texts keeps an id of this machine or reports to its maker."""

import os
import subprocess
import sys

import pytest

from tests import alone

READS = "from analysis.text.model import reading; reading.read_texts(['They explained it.'])"


@pytest.mark.slow
def test_reading_leaves_nothing_in_the_home_folder(tmp_path):
    environment = os.environ | {"HOME": str(tmp_path), "PYTHONPATH": str(alone.ROOT)}
    environment |= {name: str(tmp_path / name) for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME")}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    command = [sys.executable, "-P", "-c", READS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert list(tmp_path.iterdir()) == []
    assert "telemetry" not in done.stderr
