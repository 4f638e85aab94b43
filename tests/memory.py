"""What the memory of a process holds, read as somebody with the machine could read it."""

import pathlib
import re

AREA = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw")
PIECE = 1 << 24


def found_in(pid, needles):
    """How often each needle lies in the writable memory of a process and those it started."""
    counts = dict.fromkeys(needles, 0)
    for process in family(pid):
        for piece in pieces(process, max(map(len, needles))):
            for needle in needles:
                counts[needle] += piece.count(needle.encode())
    return counts


def family(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in family(int(child)))]


def pieces(pid, overlap):
    areas = pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123 - unbuffered
        for start, end in filter(None, map(area, areas)):
            for at in range(start, end, PIECE):
                try:
                    memory.seek(at)
                    yield memory.read(min(PIECE + overlap, end - at))
                except OSError:
                    continue


def area(line):
    found = AREA.match(line)
    return (int(found[1], 16), int(found[2], 16)) if found else None
