"""Thousands of schedules of what runs at once, with faults and cancellations at any moment.

detangle runs each test on a clock and a scheduler of its own. Which task goes on, which connection
is lost and who is cancelled are its choices; the same seed makes the same ones. A failure prints
the shortest schedule that shows it.
"""

import asyncio
import contextlib

import detangle
import pytest

from survey.problems import Conflict, Unavailable
from survey.store.connections.memory import NoticedMemory
from tests.histories import check_history
from tests.survey.store.surveys.simulated import SimulatedQueue, SimulatedResponses, pause

SEED, SHORT = 20, 150
ALL_KINDS = {"database": False, "seed": SEED, "check_leaks": True}


def explore(scenario, runs=SHORT, **options):
    """Run a scenario under so many schedules; fails with the shortest that breaks it."""
    stats = detangle.explore(scenario, runs=runs, **(ALL_KINDS | options))
    assert stats.runs == runs
    return stats


async def send(history, name, group, key, body, number):
    """One attempt of a client that may give up; whether it knows the outcome."""
    sent = history.invoke(name, "send", (key, body))
    try:
        receipt = await detangle.maybe_timeout(group.add((key, body, f"{name}-{number}")))
    except Conflict:
        history.ok(sent, "conflict")
    except (Unavailable, TimeoutError, asyncio.CancelledError):
        history.info(sent)  # stored or not: the client cannot know
        return False
    else:
        history.ok(sent, receipt)
    return True


async def send_until_known(history, name, group, key, body):
    for number in range(12):
        if await send(history, name, group, key, body, number):
            return


async def clients_of_two_processes():
    """Clients send under shared keys to two processes, and again until they know."""
    store, history = SimulatedResponses(faults=3), detangle.History()
    groups = [store.group(), store.group()]
    sends = [("k", "one"), ("k", "one"), ("k", "other"), ("l", "one"), ("l", "one")]
    await asyncio.gather(
        *(send_until_known(history, f"c{n}", groups[n % 2], *sent) for n, sent in enumerate(sends))
    )
    await asyncio.gather(*(group.drain() for group in groups))
    check_history(history)
    assert all(len(rows) == 1 for rows in store.stored.values())
    receipts = {op.output for op in history.operations if op.status == "ok"} - {"conflict"}
    assert receipts <= {receipt for ((_, receipt),) in store.stored.values()}


def test_every_receipt_is_of_one_stored_response_whatever_happens():
    explore(clients_of_two_processes)


@pytest.mark.slow
def test_the_same_under_thousands_of_schedules():
    explore(clients_of_two_processes, runs=4_000)


async def poison_among_others():
    store = SimulatedResponses(faults=0)
    group = store.group()
    rows = [(f"k{n}", "poison" if n in (2, 5) else "good", f"r{n}") for n in range(7)]
    outcomes = await asyncio.gather(*map(group.add, rows), return_exceptions=True)
    assert [n for n, one in enumerate(outcomes) if isinstance(one, ValueError)] == [2, 5]
    assert set(store.stored) == {f"k{n}" for n in (0, 1, 3, 4, 6)}


def test_poison_fails_alone_under_every_schedule():
    explore(poison_among_others)


async def cancelled_writer():
    """The task that writes is cancelled at any moment, even before its first step."""
    store = SimulatedResponses(faults=1)
    group = store.group()
    adds = [asyncio.create_task(group.add((f"k{n}", "body", f"r{n}"))) for n in range(4)]
    await asyncio.sleep(0)
    if group.flushing is not None:
        detangle.inject_cancellation(group.flushing)
    draining = asyncio.create_task(group.drain())
    detangle.inject_cancellation(draining)
    outcomes = await asyncio.gather(*adds, return_exceptions=True)
    await asyncio.gather(draining, return_exceptions=True)
    assert {type(one) for one in outcomes} <= {str, Unavailable}
    kept = {one for one in outcomes if isinstance(one, str)}
    assert kept <= {receipt for ((_, receipt),) in store.stored.values()}
    # Whatever ended it, the next row is written.
    store.faults = 0
    assert await group.add(("later", "body", "r9")) == "r9"
    await group.drain()
    assert group.flushing is None
    assert (group.waiting, group.batch, group.bytes_waiting) == ([], [], 0)


def test_nobody_waits_for_ever_when_the_writer_is_cancelled():
    explore(cancelled_writer)


async def texts_and_workers():
    """Answers arrive while two workers run; at the end no text is left without a job."""
    queue, over = SimulatedQueue(), asyncio.Event()

    async def store(name):
        for number in range(3):
            await queue.store_text((name, number))

    async def work():
        while not over.is_set() or queue.jobs:
            if not await queue.run_next_job():
                await pause(0.002)

    async def intake():
        await asyncio.gather(store("a"), store("b"))
        over.set()

    await asyncio.gather(intake(), work(), work())
    assert queue.coded == queue.texts


def test_a_job_that_waits_does_for_later_texts_and_none_is_forgotten():
    explore(texts_and_workers)


async def notices_and_readers():
    """A survey changes while it is read; after the notice nobody gets what was before it."""
    memory, heard, current = NoticedMemory(), [0], [0]

    async def read(_):
        await pause()
        found = current[0]
        await pause()
        return found

    async def change():
        for version in (1, 2):
            await pause(0.002)
            current[0] = version
            await pause()
            memory.forget()
            heard[0] = version

    async def ask():
        for _ in range(4):
            known = heard[0]
            assert await memory.load(read, "survey", "feedback") >= known
            await pause()

    await asyncio.gather(change(), ask(), ask())


def test_after_a_notice_nobody_is_given_what_was_before_it():
    explore(notices_and_readers, patch_time=True)


async def lost_notice():
    """Without any notice, what was read is asked for again after five seconds."""
    memory, current = NoticedMemory(), ["old"]

    async def read(_):
        await pause()
        return current[0]

    assert await memory.load(read, "survey", "feedback") == "old"
    current[0] = "new"
    assert await memory.load(read, "survey", "feedback") == "old"
    await pause(5)
    assert await memory.load(read, "survey", "feedback") == "new"


def test_without_a_notice_nothing_is_remembered_for_longer_than_five_seconds():
    explore(lost_notice, runs=5, patch_time=True)


async def without_the_shield():
    """The writer as it was: a cancelled drain takes the batch along, and callers wait."""
    group = SimulatedResponses(faults=0).group()
    waiting = asyncio.create_task(group.add(("k", "body", "r")))
    await asyncio.sleep(0)
    with contextlib.suppress(asyncio.CancelledError):
        group.flushing.remove_done_callback(group.end_flush)
        group.flushing.cancel()
        await group.flushing
    await waiting


def test_the_explorer_would_see_a_caller_that_waits_for_ever():
    with pytest.raises(detangle.BugFound, match=r"(?i)deadlock|nothing"):
        detangle.explore(without_the_shield, runs=5, **ALL_KINDS)
