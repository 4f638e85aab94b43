"""Slow hashes have threads of their own, few and at a low priority, and no endless queue."""

import asyncio
import os
import sys
import threading

import pytest

from api.process.long_work import HASHING_NICENESS, HashingThreads
from survey.problems import Unavailable


async def test_more_than_may_wait_are_refused_and_the_others_finish():
    threads, go = HashingThreads(threads=1, most=3), threading.Event()
    waiting = [asyncio.create_task(threads.run(go.wait)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as refused:
        await threads.run(go.wait)
    assert refused.value.code == "hashing.busy"
    go.set()
    assert await asyncio.gather(*waiting) == [True] * 3
    assert await threads.run(lambda: "free again") == "free again"


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority on Linux only")
async def test_only_these_threads_have_a_low_priority():
    before = os.getpriority(os.PRIO_PROCESS, 0)
    own = await HashingThreads().run(
        lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    )
    assert own == min(19, HASHING_NICENESS)
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
