"""The output of `estimate`: a table for reading, or JSON for a program."""

import itertools
import math
from collections.abc import Iterable

import msgspec

from analysis.microdata.designs import DesignSummary
from analysis.microdata.tabulation import TabulatedFigure

INTERVALS = {
    "t": "estimate ± t × std error",
    "korn-graubard": "Korn-Graubard, the effective n held at or below n",
    "beta": 'Korn-Graubard, the effective n not held (R: method="beta")',
    "wilson": "Wilson with the effective n and t",
    "logit": 'logit (R: method="logit")',
}
RESIDUALS = {"calibrate": "weighted, as in R's calibrate()", "rake": "unweighted, as in R's rake()"}
HEADINGS = ("estimate", "std error", "low", "high", "df", "n", "missing", "eff. n", "deff")
NONE = "-"
DIGITS = 4


class Tabulation(msgspec.Struct, frozen=True, kw_only=True):
    """All that the command reports: nothing is rounded, and what does not exist is None."""

    file: str
    confidence: float
    design: DesignSummary
    estimates: tuple[TabulatedFigure, ...]
    notes: tuple[str, ...]


def as_json(tabulation: Tabulation) -> str:
    return msgspec.json.format(msgspec.json.encode(tabulation), indent=2).decode()


def as_table(tabulation: Tabulation) -> str:
    blocks = itertools.groupby(
        tabulation.estimates, key=lambda one: (one.kind, one.of, one.interval)
    )
    lines = list(heading_lines(tabulation))
    for _, figures in blocks:
        lines += ["", *question_lines(list(figures), tabulation.confidence)]
    if tabulation.notes:
        lines += ["", *tabulation.notes]
    return "\n".join(lines)


def heading_lines(tabulation: Tabulation) -> Iterable[str]:
    """The file, its design, its weights and its raking, a line each."""
    design = tabulation.design
    drawn = (
        count_with_noun(design.strata, "stratum", "strata"),
        count_with_noun(design.psus, "PSU", "PSUs"),
    )
    yield f"{tabulation.file}: {count_with_noun(design.rows, 'row', 'rows')}, {', '.join(drawn)}"
    one = design.weights
    yield (
        f"Weights: {one.least:,.6g} to {one.largest:,.6g}, sum {one.sum:,.10g}; "
        f"their design effect (Kish) {one.design_effect:.4f}, effective n {one.effective_n:,.1f}"
    )
    if (raked := design.raking) is not None:
        trimmed = "none" if raked.trim is None else f"{raked.trimmed_share:.1%} of them"
        yield (
            f"Raked to {', '.join(raked.margins)}: converged in "
            f"{count_with_noun(raked.cycles, 'cycle', 'cycles')} to within "
            f"{raked.largest_residual:.0e} "
            f"of every target; trimmed: {trimmed}; residuals {RESIDUALS[raked.residuals]}"
        )


def count_with_noun(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def question_lines(figures: list[TabulatedFigure], confidence: float) -> Iterable[str]:
    """The figures of one question, a line for each domain."""
    first = figures[0]
    yield (
        f"{first.kind.capitalize()} of {first.of}; {100 * confidence:g}% interval: "
        f"{INTERVALS[first.interval]}"
    )
    places = next(
        (decimal_places(one.standard_error) for one in figures if one.standard_error), DIGITS
    )
    rows = [("", *HEADINGS), *(figure_cells(one, places) for one in figures)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        numbers = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield f"  {row[0].ljust(widths[0])}  {'  '.join(numbers)}"


def figure_cells(one: TabulatedFigure, places: int) -> tuple[str, ...]:
    spread = (one.value, one.standard_error, one.low, one.high)
    return (
        one.domain,
        *(rounded_text(value, places) for value in spread),
        str(one.degrees_of_freedom),
        f"{one.n:,}",
        f"{one.missing:,}",
        f"{one.effective_n:,.1f}",
        rounded_text(one.design_effect, 3),
    )


def decimal_places(error: float) -> int:
    """The number of decimals that shows four digits of the standard error."""
    return min(max(DIGITS - 1 - math.floor(math.log10(error)), 0), 10)


def rounded_text(value: float | None, places: int) -> str:
    return NONE if value is None else f"{value:,.{places}f}"


def reader_notes(
    design: DesignSummary, figures: tuple[TabulatedFigure, ...], strays: dict[str, int]
) -> list[str]:
    """What a reader of the figures needs to know, in sentences; `strays` are rows without a
    domain.
    """
    notes = []
    if design.columns.weight is None and design.raking is None:
        notes.append("No --weight was given: each row counts 1, and a total is one of rows.")
    if design.lone_strata:
        names = ", ".join(design.lone_strata)
        notes.append(f"Lone PSU in {names}: measured from the mean of all PSUs.")
    for margin, n in design.raking.unknown.items() if design.raking else ():
        if n:
            rows = count_with_noun(n, "row has", "rows have")
            notes.append(f"{rows} no {margin}: their share of the weights is unchanged.")
    for domain, n in strays.items():
        if n:
            notes.append(
                f"{count_with_noun(n, 'row has', 'rows have')} no {domain}: in none of its domains."
            )
    if design.weights.flag != "green":
        limit = {"amber": "2", "red": "4, too unequal to publish from"}
        notes.append(f"The design effect of the weights is above {limit[design.weights.flag]}.")
    if any(one.degrees_of_freedom < 1 for one in figures):
        notes.append("Where df is 0 a domain has no more PSUs than strata, and no interval.")
    return notes
