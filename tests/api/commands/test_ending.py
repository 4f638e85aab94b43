"""Whatever ends a command, the embedded server that it started ends with it."""

import os
import pathlib
import signal
import subprocess
import sys

import httpx
import pytest

from api.settings import ROOT
from tests import alone
from tests.survey.store.test_embedded import folder, server_pids  # noqa: F401 - a fixture
from tests.waiting import PATIENCE

HOLDER_SCRIPT = """
import sys, time, pathlib
from api import bootstrap
with bootstrap.open_settings(pathlib.Path(sys.argv[1])):
    print("up", flush=True)
    time.sleep(100)
"""


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        *(pytest.param(each, marks=pytest.mark.slow) for each in (signal.SIGHUP, signal.SIGINT)),
    ],
)
def test_a_command_that_is_told_to_end_stops_its_server(folder, number):  # noqa: F811
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment.pop("SOUNDINGS_DATABASE_URL", None)
    command = [sys.executable, "-P", "-c", HOLDER_SCRIPT, str(folder.parent)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "up\n"
        assert len(server_pids(folder)) == 1
        holder.send_signal(number)
        holder.send_signal(number)  # whoever is impatient changes nothing
        holder.communicate(timeout=60)
    assert holder.returncode != 0
    assert server_pids(folder) == []
    assert not pathlib.Path(folder / "data" / "postmaster.pid").exists()


@pytest.mark.slow
def test_pages_end_by_themselves_with_what_works_for_them_in_threads(folder):  # noqa: F811
    """A form is parsed in a thread; once, the pages waited for it until they were killed."""
    port = alone.free_port()
    address = f"http://127.0.0.1:{port}"
    with alone.run_command("", folder.parent, "serve", "--port", str(port)) as process:
        alone.wait_until_up(f"{address}/health", process)
        assert httpx.post(f"{address}/complaints").status_code == 303
        process.terminate()
        _, said = process.communicate(timeout=PATIENCE)
    assert "had to be killed" not in said
    assert process.returncode == 0
