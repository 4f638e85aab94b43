"""The copies of a process are kept running and end with it, tried with small real processes."""

import contextlib
import os
import pathlib
import signal

import pytest

from api.commands.serving import copies
from tests import alone
from tests.waiting import PATIENCE, until_sync

MAKER = """
import logging, os, signal, sys
from functools import partial
from api.commands.serving import copies
logging.basicConfig(format="log: %(message)s")
copies.FIRST_PAUSE = 0.01
{first}

def work(number, heart):
    # One write: what two copies print piece by piece, as they do unbuffered, is mixed up.
    os.write(1, b"copy %d %d\\n" % (number, os.getpid()))
    {work}

copies.keep_copies_running([partial(work, 1), partial(work, 2)])
print("ended in order", flush=True)
"""
WAITS = "signal.pause()"


@pytest.fixture
def maker():
    """Starts a process that makes two copies of itself, each of which does some work."""
    with alone.run_scripts() as begin:
        yield lambda work, first="": begin(MAKER.format(work=work, first=first))


def read_copy(maker):
    """The number of a copy that has begun, and its process id."""
    word, number, pid = maker.stdout.readline().split()
    assert word == "copy"
    return int(number), int(pid)


def is_running(pid):
    with contextlib.suppress(OSError):
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state not in "ZX"
    return False


def test_a_killed_copy_is_made_again_and_all_end_on_a_signal(maker):
    one = maker(WAITS)
    before = dict(read_copy(one) for _ in range(2))
    os.kill(before[2], signal.SIGKILL)
    number, again = read_copy(one)
    assert number == 2
    assert is_running(before[1])
    one.terminate()
    said, complained = one.communicate(timeout=PATIENCE)
    assert said == "ended in order\n"
    words = "log: A process of the pages ended (signal 9); starting again in 0.01 seconds."
    assert words in complained
    assert one.returncode == 0
    assert not any(map(is_running, (*before.values(), again)))


def test_copies_end_when_the_process_that_made_them_is_killed(maker):
    one = maker(WAITS)
    found = [read_copy(one)[1] for _ in range(2)]
    one.kill()
    until_sync(lambda: not any(map(is_running, found)))


def test_copies_end_when_the_parent_of_their_maker_has_ended(maker):
    one = maker(WAITS)
    found = [read_copy(one)[1] for _ in range(2)]
    one.stdin.close()
    one.stdin = None  # communicate would write to it
    assert one.stdout.read() == "ended in order\n"
    assert not any(map(is_running, found))


def test_a_copy_that_never_lasts_is_made_again_after_growing_pauses(maker):
    one = maker("sys.exit(3) if number == 1 else signal.pause()")
    lines = [one.stderr.readline() for _ in range(3)]
    assert [line.split()[-2] for line in lines] == ["0.01", "0.02", "0.04"]
    assert "exit code 3" in lines[0]


def test_a_copy_leaves_nothing_of_its_maker_behind():
    """What stands above the copy on the stack is not run again in it."""
    reading, writing = os.pipe()
    try:
        if not (pid := os.fork()):
            copies.end_with_status_of(lambda: os.write(writing, b"work"))
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        os.close(writing)
        assert os.read(reading, 100) == b"work"
    finally:
        os.close(reading)


def test_a_failure_ends_a_copy_as_the_program_wants_it_said(maker):
    """With `set_up_logging` that is a line without the words of the error."""
    # In one write: two copies fail at once, and `print` writes the end of its line by itself.
    say = "lambda kind, *_: sys.stderr.write(kind.__name__ + '\\n')"
    one = maker(f"sys.excepthook = {say}; 1 / 0")
    assert one.stderr.readline() == "ZeroDivisionError\n"


def test_a_refusal_ends_a_copy_with_its_sentence(maker):
    from_it = (
        "from survey.problems import Unavailable; raise Unavailable('a.b', 'It is so.', 'Go.')"
    )
    one = maker(from_it)
    assert one.stderr.readline() == "It is so. Go. [a.b]\n"


HANGS = """
    async def hang():
        async with keep_beating(heart):
            await asyncio.sleep(0)  # one beat
            signal.pause()

    if number == 1:
        import asyncio
        from api.commands.serving.copies import keep_beating
        asyncio.run(hang())
    signal.pause()
"""


def test_a_copy_whose_event_loop_stands_still_is_replaced_and_one_that_starts_is_not(maker):
    one = maker(HANGS, "copies.LOOK_S = 0.05")
    before = dict(read_copy(one) for _ in range(2))
    number, again = read_copy(one)
    assert number == 1
    assert is_running(before[2])
    one.terminate()
    _, complained = one.communicate(timeout=PATIENCE)
    assert "log: A process of the pages has stood still for 0.3 seconds." in complained
    assert not any(map(is_running, (*before.values(), again)))
