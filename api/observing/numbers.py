"""Numbers with names in memory that two processes share: one writes them, the other reads them.

`serve` holds the memory of every process that it starts, so a counter goes on where it was when a
process dies and is started again.
"""

import mmap
import os
import struct
import threading

RECORDS = 8_192
RECORD_BYTES = 256  # the value, the length of its name, and the name
NAME_BYTES = RECORD_BYTES - 10
SIZE = (RECORDS + 1) * RECORD_BYTES  # the first record holds how many there are
LENGTH = struct.Struct("<H")


class NumberTable:
    """Numbers by name. A name that does not fit, or comes when all is full, is not counted."""

    def __init__(self, descriptor: int = -1) -> None:
        self.memory = mmap.mmap(descriptor, SIZE)
        # Aligned and written in one step, so that a reader never sees half a number.
        self.values = memoryview(self.memory).cast("d")
        self.lock = threading.Lock()
        self.places = {name: place for place, name in self.names()}

    def names(self) -> list[tuple[int, str]]:
        """Each name that the memory holds, with the place of its value."""
        found = []
        for record in range(1, int(self.values[0]) + 1):
            start = record * RECORD_BYTES + 8
            (length,) = LENGTH.unpack_from(self.memory, start)
            name = self.memory[start + 2 : start + 2 + length].decode()
            found.append((record * RECORD_BYTES // 8, name))
        return found

    def place(self, name: str) -> int:
        """The place of a name's value; a new name gets the next one. 0 if there is no room."""
        if (known := self.places.get(name)) is not None:
            return known
        with self.lock:
            record, encoded = int(self.values[0]) + 1, name.encode()
            if record > RECORDS or len(encoded) > NAME_BYTES:
                return 0
            start = record * RECORD_BYTES
            LENGTH.pack_into(self.memory, start + 8, len(encoded))
            self.memory[start + 10 : start + 10 + len(encoded)] = encoded
            # The count last: a reader that sees it finds the whole record.
            self.values[0] = record
            self.places[name] = start // 8
        return start // 8

    def add(self, name: str, amount: float = 1.0) -> None:
        """Add an amount to a number; a new one begins at 0."""
        place = self.place(name)
        with self.lock:
            if place:
                self.values[place] += amount

    def set(self, name: str, value: float) -> None:
        if place := self.place(name):
            self.values[place] = value

    def read(self) -> dict[str, float]:
        """Every number by its name."""
        return {name: self.values[place] for place, name in self.names()}


def open_shared_memory(name: str) -> int:
    """A descriptor of memory without a file, that a process we start can have too."""
    descriptor = os.memfd_create(f"soundings-{name}")
    os.truncate(descriptor, SIZE)
    return descriptor
