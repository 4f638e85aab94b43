"""The manifest: everything of Soundings that the outside can reach, as sorted lists.

`python -P -m tests.house.manifest` prints it; with `--add` it also keeps what is new in `lists/`,
a file a kind. A list only grows: what is there no more stands in `gone.txt`, with the reason, so
that no wall that moves takes a feature with it unseen. tests/house/test_manifest.py compares.
"""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
LISTS = FOLDER / "lists"
GONE = FOLDER / "gone.txt"

Manifest = dict[str, set[str]]


class Gone(NamedTuple):
    """What is there no more: the list it was in, which of its lines (`*` for any), and why."""

    kind: str
    lines: str
    reason: str


def read_lists() -> Manifest:
    """Everything that could ever be reached, by kind."""
    return {file.stem: set(file.read_text().splitlines()) for file in LISTS.glob("*.txt")}


def read_gone() -> list[Gone]:
    """The lines of gone.txt: `kind: lines # reason`."""
    told = [line for line in GONE.read_text().splitlines() if line and not line.startswith("#")]
    return [parse_gone(line) for line in told]


def parse_gone(line: str) -> Gone:
    about, _, reason = line.rpartition(" # ")
    kind, _, lines = about.partition(": ")
    if not (kind and lines and len(reason.split()) > 2):
        raise ValueError(f"write `kind: line # why it went`, not: {line}")
    return Gone(kind, lines, reason)


def expected(known: Manifest, gone: list[Gone]) -> Manifest:
    """What must be there: all that ever was, but what is known to be gone."""
    return {
        kind: {line for line in lines if not any(is_about(one, kind, line) for one in gone)}
        for kind, lines in known.items()
    }


def is_about(gone: Gone, kind: str, line: str) -> bool:
    # In lines of a list, [ and ? are letters like any other.
    pattern = gone.lines.replace("[", "[[]").replace("?", "[?]")
    return gone.kind == kind and fnmatchcase(line, pattern)


def differences(today: Manifest, before: Manifest) -> list[str]:
    """One sentence for each line that only one of the two has."""
    kinds = sorted({*today, *before})
    missing = [
        f"{kind}: {line}: is there no more; say why in gone.txt"
        for kind in kinds
        for line in sorted(before.get(kind, set()) - today.get(kind, set()))
    ]
    new = [
        f"{kind}: {line}: is new; `python -P -m tests.house.manifest --add` keeps it"
        for kind in kinds
        for line in sorted(today.get(kind, set()) - before.get(kind, set()))
    ]
    return missing + new


def keep_new(today: Manifest) -> None:
    """Add what is new to the lists."""
    known = read_lists()
    for kind, lines in today.items():
        every = sorted(lines | known.get(kind, set()))
        (LISTS / f"{kind}.txt").write_text("".join(f"{line}\n" for line in every))
