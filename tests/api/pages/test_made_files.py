"""Files that anyone may load: each is made once, two at a time, however many ask for it."""

import asyncio
import threading

import pytest

from api.pages import public_copies
from api.pages.public_copies import MadeFiles
from survey.problems import Unavailable
from tests.waiting import until


class Workshop:
    """Makes files that are ready when the test says so; knows how many it makes and made."""

    def __init__(self):
        self.go_on = threading.Event()
        self.begun, self.now, self.most = 0, 0, 0
        self.lock = threading.Lock()

    def make(self, content):
        with self.lock:
            self.begun += 1
            self.now += 1
            self.most = max(self.most, self.now)
        self.go_on.wait()
        with self.lock:
            self.now -= 1
        return content


@pytest.fixture
def workshop():
    one = Workshop()
    yield one
    one.go_on.set()  # or its threads would wait for ever where a test fails


async def test_many_who_ask_for_one_file_make_it_once(workshop):
    files = MadeFiles()
    asked = [asyncio.create_task(files.load(("a",), workshop.make, b"a")) for _ in range(40)]
    await until(lambda: workshop.begun)
    asked[0].cancel()  # somebody goes away
    workshop.go_on.set()
    assert set(await asyncio.gather(*asked[1:])) == {b"a"}
    assert await files.load(("a",), workshop.make, b"never made again") == b"a"
    assert (workshop.begun, files.making) == (1, {})


async def test_two_are_made_at_once_and_of_too_many_the_last_are_refused(workshop):
    files = MadeFiles()
    names = [(str(number),) for number in range(public_copies.MOST_MAKING)]
    asked = [asyncio.create_task(files.load(one, workshop.make, one[0].encode())) for one in names]
    await until(lambda: workshop.now == 2)
    with pytest.raises(Unavailable):
        await files.load(("one more",), workshop.make, b"x")
    workshop.go_on.set()
    assert await asyncio.gather(*asked) == [one[0].encode() for one in names]
    assert workshop.most == 2
    assert await files.load(("one more",), workshop.make, b"x") == b"x"


async def test_the_files_made_last_are_kept_and_what_failed_is_tried_again(workshop):
    files = MadeFiles()
    workshop.go_on.set()

    def fail():
        raise ValueError("a chart cannot be drawn")

    for _ in range(2):
        with pytest.raises(ValueError, match="cannot be drawn"):
            await files.load(("bad",), fail)
    assert files.making == {}
    for number in range(public_copies.KEPT + 1):
        await files.load((str(number),), workshop.make, b"x")
    begun = workshop.begun
    await files.load(("1",), workshop.make, b"x")
    assert workshop.begun == begun
    await files.load(("0",), workshop.make, b"x")
    assert workshop.begun == begun + 1
