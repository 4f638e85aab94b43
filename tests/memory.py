"""What the memory of a process holds, read as somebody with the machine could read it."""

import pathlib
import re

AREA = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (rw..) \S+ \S+ \S+\s*(.*)$")
PIECE = 1 << 24


def found_in(pid, needles):
    """How often each needle lies in the writable memory of a process, as UTF-8 and as UCS-2."""
    counts = dict.fromkeys(needles, 0)
    for _, piece in pieces(pid, max(map(len, needles)) * 2):
        for needle in needles:
            counts[needle] += piece.count(needle.encode())
    return counts


def pieces(pid, overlap):
    areas = pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123 - unbuffered
        for start, end, name in filter(None, map(area, areas)):
            for at in range(start, end, PIECE):
                try:
                    memory.seek(at)
                    yield name, memory.read(min(PIECE + overlap, end - at))
                except OSError:
                    continue


def area(line):
    found = AREA.match(line)
    return (int(found[1], 16), int(found[2], 16), found[4] or "heap") if found else None
