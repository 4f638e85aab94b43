"""Searches the memory of a process, as someone with access to the machine could."""

import pathlib
import re

WRITABLE_AREA = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw")
PIECE_BYTES = 1 << 24


def count_in_memory(pid, needles):
    """How often each needle appears in the writable memory of a process and of its children."""
    counts = dict.fromkeys(needles, 0)
    for process in process_tree(pid):
        for piece in read_memory(process, max(map(len, needles))):
            for needle in needles:
                counts[needle] += piece.count(needle.encode())
    return counts


def process_tree(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in process_tree(int(child)))]


def read_memory(pid, overlap):
    areas = pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123 - unbuffered
        for start, end in filter(None, map(writable_area, areas)):
            for at in range(start, end, PIECE_BYTES):
                try:
                    memory.seek(at)
                    yield memory.read(min(PIECE_BYTES + overlap, end - at))
                except OSError:
                    continue


def writable_area(line):
    found = WRITABLE_AREA.match(line)
    return (int(found[1], 16), int(found[2], 16)) if found else None
