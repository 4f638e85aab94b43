"""Sums by source are counted by all copies of a process together, and end with their span."""

import os
import signal

import pytest

from api.commands.serving import copies
from api.process.tallies import DAY, ENTRIES, LONGEST_SPAN, SharedTally

ROUNDS = 200


@pytest.fixture
def clock(monkeypatch):
    """The seconds that pass, as a list of one."""
    now = [0.0]
    monkeypatch.setattr("api.process.tallies.time.monotonic", lambda: now[0])
    return now


def run_in_copy(work):
    """Do something in a copy of this process; returns its exit status."""
    if not (pid := os.fork()):
        copies.end_with_status_of(work)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_sum_starts_again_after_its_span(clock):
    tally = SharedTally()
    assert [tally.add(b"one", 60), tally.add(b"one", 60, 5), tally.add(b"two", 60)] == [1, 6, 1]
    clock[0] = 59.5
    assert tally.seconds_left(b"one") == 1
    assert tally.add(b"one", 60) == 7
    clock[0] = 60.0
    assert tally.seconds_left(b"one") == 0
    assert tally.add(b"one", 60) == 1
    assert tally.seconds_left(b"one") == 60


def test_the_daily_key_leaves_nobody_more_than_before(clock):
    clock[0] = DAY - 30.0
    tally = SharedTally()
    assert tally.add(b"one", 60, 5) == 5
    before = tally.digests(b"one")
    clock[0] = DAY + 20.0
    assert tally.add(b"one", 60) == 6
    assert tally.seconds_left(b"one") == 60
    clock[0] = DAY + 30.0  # the span from before the change is over, that from after it is not
    assert [tally.add(b"one", 60, 3), tally.add(b"two", 60)] == [4, 1]
    tally.forget(b"one")
    assert tally.add(b"one", 60) == 1
    clock[0] = DAY + LONGEST_SPAN + 0.0
    after = tally.digests(b"one")
    assert len(after) == 1
    assert not set(before) & set(after)
    clock[0] = 3.0 * DAY
    assert not set(after) & set(tally.digests(b"one"))


def test_copies_change_the_key_alike(clock):
    tally = SharedTally()
    clock[0] = 2 * DAY + LONGEST_SPAN + 1.0
    assert run_in_copy(lambda: tally.add(b"one", 60, 5)) == 0
    assert tally.add(b"one", 60) == 6


def test_a_source_that_is_forgotten_starts_again(clock):
    tally = SharedTally()
    tally.add(b"one", 60, 5)
    tally.forget(b"one")
    tally.forget(b"unknown")
    assert tally.add(b"one", 60) == 1


def test_a_full_row_gives_up_what_ends_first(clock):
    tally = SharedTally(rows=1)
    for number in range(ENTRIES):
        tally.add(bytes([number]), 60 + number)
    assert tally.add(b"one more", 60) == 1
    assert tally.add(bytes([1]), 60) == 2
    assert tally.add(bytes([0]), 60) == 1


def test_what_is_given_back_of_a_lost_count_takes_no_place(clock):
    tally = SharedTally(rows=1)
    for number in range(ENTRIES):
        tally.add(bytes([number]), 60 + number)
    assert tally.add(b"lost", 60, -1) == 0
    assert [tally.add(bytes([number]), 60) for number in range(ENTRIES)] == [2] * ENTRIES


def test_what_is_over_makes_room_before_what_is_counted(clock):
    tally = SharedTally(rows=1)
    for number in range(ENTRIES):
        tally.add(bytes([number]), 60 if number else 10)
    clock[0] = 11.0
    tally.add(b"one more", 60)
    assert [tally.add(bytes([number]), 60) for number in range(1, ENTRIES)] == [2] * (ENTRIES - 1)


def test_copies_of_a_process_count_together():
    tally = SharedTally()

    def add_often():
        for _ in range(ROUNDS):
            tally.add(b"one", 3_600)

    begun = []
    for _ in range(3):
        if not (pid := os.fork()):
            copies.end_with_status_of(add_often)
        begun.append(pid)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in begun] == [0, 0, 0]
    assert tally.add(b"one", 3_600) == 3 * ROUNDS + 1


def test_a_copy_that_dies_over_a_row_holds_nobody_up():
    tally = SharedTally(rows=1)

    def die():
        with tally.locked_row(bytes(16)):
            os.kill(os.getpid(), signal.SIGKILL)

    assert run_in_copy(die) == -signal.SIGKILL
    assert tally.add(b"one", 60) == 1
