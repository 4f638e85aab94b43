"""The parts of a sheet about what was found, and what moved since the edition before, and why."""

from collections.abc import Callable, Iterator

from api.figures import WITHHELD, changed, number, spoken, whole
from api.sheet.nouns import Cell, Part, Table, said, told
from survey.changes import Moved
from survey.editions import Edition

MOST_FINDINGS = 5
MOST_MOVED = 15
LIKELY = ("How sure", "So what")


def changed_things(edition: Edition, names: Callable[[str], str]) -> Iterator[Part]:
    """Up to five things that changed, each with how sure that is."""
    found = edition.findings[:MOST_FINDINGS]
    rows = tuple(
        (Cell(spoken(one.sentence)), Cell(one.confidence), Cell(spoken(one.so_what)))
        for one in found
    )
    head = ("What", *LIKELY)
    if not found and edition.moved:
        largest = edition.moved[:MOST_FINDINGS]
        rows = tuple((Cell(named(one, names)), *was_and_now(one)) for one in largest)
        head = ("What", "Was", "Is")
    if rows:
        yield Part(
            key="changed",
            heading="What changed",
            tables=(Table(caption="What changed", head=head, rows=rows, wordy=bool(found)),),
            measures=told("what_moved"),
        )


def summary(edition: Edition) -> Iterator[Part]:
    """At most five findings: the estimate, how sure, and what follows."""
    found = edition.findings[:MOST_FINDINGS]
    if found:
        yield Part(
            key="summary",
            heading="Summary",
            tables=(
                Table(
                    caption="Summary",
                    head=("Finding", *LIKELY),
                    rows=tuple(
                        (
                            Cell(spoken(one.sentence)),
                            Cell(one.confidence),
                            Cell(spoken(one.so_what)),
                        )
                        for one in found
                    ),
                    wordy=True,
                ),
            ),
            measures=told("what_moved"),
        )


def moved(edition: Edition, names: Callable[[str], str]) -> Iterator[Part]:
    found = edition.moved
    if not found:
        return
    listed = (
        f" The {MOST_MOVED} that moved most are listed; all are in the CSV and Parquet."
        if len(found) > MOST_MOVED
        else ""
    )
    yield Part(
        key="moved",
        heading="What moved since the edition before, and why",
        words=(
            "Each figure that moved is split into four reasons that add up to the whole: new "
            "answers, texts and events; deployments that were restated; texts that were read under "
            f"a newer codebook; and the method.{listed}",
        ),
        tables=(
            Table(
                caption="What moved, and why",
                head=("Figure", "Was", "Is", "Change", "New", "Restated", "Recoded", "Method"),
                rows=tuple((Cell(named(one, names)), *cells(one)) for one in found[:MOST_MOVED]),
            ),
        ),
        measures=told("what_moved"),
    )


def named(one: Moved, names: Callable[[str], str]) -> str:
    figure = one.figure.replace("_", " ")
    if one.unit == "per_10_000":
        figure += " per 10,000"
    return f"{figure[:1].upper()}{figure[1:]}, {names(one.domain)}"


def was_and_now(one: Moved) -> tuple[Cell, Cell]:
    return Cell(level(one, one.was)), Cell(level(one, one.now))


def cells(one: Moved) -> tuple[Cell, ...]:
    reasons = (one.answers, one.restated, one.recoded, one.method)
    return (
        *was_and_now(one),
        Cell(by(one, one.now - one.was)),
        *(said(WITHHELD) if x is None else Cell(by(one, x)) for x in reasons),
    )


def level(one: Moved, value: float) -> str:
    if one.unit in ("events", "texts"):
        return whole(value)
    if one.unit == "share":
        return f"{number(100 * value)}\N{NO-BREAK SPACE}%"
    return number(value, "#,##0.00", places=2) if one.unit == "per_10_000" else number(value)


def by(one: Moved, value: float) -> str:
    if one.unit in ("events", "texts"):
        return changed(value, "+#,##0;-#,##0", places=0)
    if one.unit == "per_10_000":
        return changed(value, "+#,##0.00;-#,##0.00", places=2)
    return changed(100 * value if one.unit == "share" else value)
