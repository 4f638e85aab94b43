"""The supervisor keeps its children running, tested with small real processes."""

import asyncio
import os
import signal
import subprocess

import pytest

from api.commands.serving import serve
from api.commands.serving.serve import ChildProcess
from tests import alone

PARENT_SCRIPT = """
import asyncio, sys
from api.commands.serving import serve
serve.FIRST_PAUSE = 0.01
words = ("/bin/sh", "-c", sys.argv[1])
asyncio.run(serve.keep_running([serve.ChildProcess("The child", words)]))
print("ended in order", flush=True)
"""
WAITS = "echo $$; exec sleep 100"
DEAF = "trap '' TERM; echo $$; sleep 100 & wait"
ENDS_WITH_US = "echo $$; cat >/dev/null; echo gone"


@pytest.fixture
def parent():
    """Starts a parent of one child; both are killed at the end."""
    with alone.run_scripts() as begin:
        yield lambda script: begin(PARENT_SCRIPT, script)


def read_child_pid(parent):
    return int(parent.stdout.readline())


def is_alive(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_killed_child_is_started_again_and_ends_with_its_parent(parent):
    one = parent(WAITS)
    first = read_child_pid(one)
    os.kill(first, signal.SIGKILL)
    second = read_child_pid(one)
    assert second != first
    one.terminate()
    said, complained = one.communicate(timeout=120)
    assert said == "ended in order\n"
    assert complained == "The child ended (signal 9); starting again in 0.01 seconds.\n"
    assert one.returncode == 0
    assert not is_alive(second)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_closed_terminal_and_ctrl_c_end_the_children_too(parent, number):
    one = parent(WAITS)
    child = read_child_pid(one)
    one.send_signal(number)
    one.communicate(timeout=120)
    assert not is_alive(child)


def test_a_second_signal_kills_a_child_that_does_not_listen(parent):
    one = parent(DEAF)
    child = read_child_pid(one)
    one.send_signal(signal.SIGINT)
    while one.poll() is None:
        one.send_signal(signal.SIGINT)
        try:
            one.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            continue
    assert not is_alive(child)


def test_a_killed_parent_closes_the_pipe_by_which_its_child_knows(parent):
    one = parent(ENDS_WITH_US)
    read_child_pid(one)
    one.kill()
    assert one.stdout.readline() == "gone\n"


async def test_a_child_that_never_lasts_is_tried_with_growing_pauses(monkeypatch, caplog):
    monkeypatch.setattr(serve, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(serve, "LONGEST_PAUSE", 0.03)
    stop = asyncio.Event()
    child = ChildProcess("The child", ("/bin/sh", "-c", "exit 3"))
    keeping = asyncio.create_task(serve.keep_child_running(child, stop, asyncio.Event()))
    while len(caplog.messages) < 4:
        await asyncio.sleep(0)
    stop.set()
    await keeping
    pauses = [line.split()[-2] for line in caplog.messages[:4]]
    assert pauses == ["0.01", "0.02", "0.03", "0.03"]
    assert "exit code 3" in caplog.messages[0]
