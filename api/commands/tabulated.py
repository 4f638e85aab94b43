"""Estimates of a file of microdata as a table for reading and as JSON for a program."""

import itertools
import math
from collections.abc import Iterable

import msgspec

from analysis.designs import Described
from analysis.tabulation import Figure

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
    """All that the command tells: nothing is rounded, what does not exist is None."""

    file: str
    confidence: float
    design: Described
    estimates: tuple[Figure, ...]
    notes: tuple[str, ...]


def as_json(tabulation: Tabulation) -> str:
    return msgspec.json.format(msgspec.json.encode(tabulation), indent=2).decode()


def as_table(tabulation: Tabulation) -> str:
    blocks = itertools.groupby(
        tabulation.estimates, key=lambda one: (one.kind, one.of, one.interval)
    )
    lines = list(heads(tabulation))
    for _, figures in blocks:
        lines += ["", *block(list(figures), tabulation.confidence)]
    if tabulation.notes:
        lines += ["", *tabulation.notes]
    return "\n".join(lines)


def heads(tabulation: Tabulation) -> Iterable[str]:
    """The file, its design, its weights and its raking, a line each."""
    design = tabulation.design
    drawn = counted(design.strata, "stratum", "strata"), counted(design.psus, "PSU", "PSUs")
    yield f"{tabulation.file}: {counted(design.rows, 'row', 'rows')}, {', '.join(drawn)}"
    one = design.weights
    yield (
        f"Weights: {one.least:,.6g} to {one.largest:,.6g}, sum {one.sum:,.10g}; "
        f"their design effect (Kish) {one.design_effect:.4f}, effective n {one.effective_n:,.1f}"
    )
    if (raked := design.raking) is not None:
        trimmed = "none" if raked.trim is None else f"{raked.trimmed_share:.1%} of them"
        yield (
            f"Raked to {', '.join(raked.margins)}: converged in "
            f"{counted(raked.cycles, 'cycle', 'cycles')} to within {raked.largest_residual:.0e} "
            f"of every target; trimmed: {trimmed}; residuals {RESIDUALS[raked.residuals]}"
        )


def counted(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def block(figures: list[Figure], confidence: float) -> Iterable[str]:
    """The figures of one question, a line a domain."""
    first = figures[0]
    yield (
        f"{first.kind.capitalize()} of {first.of}; {100 * confidence:g}% interval: "
        f"{INTERVALS[first.interval]}"
    )
    places = next((decimals(one.standard_error) for one in figures if one.standard_error), DIGITS)
    rows = [("", *HEADINGS), *(cells(one, places) for one in figures)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        numbers = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield f"  {row[0].ljust(widths[0])}  {'  '.join(numbers)}"


def cells(one: Figure, places: int) -> tuple[str, ...]:
    spread = (one.value, one.standard_error, one.low, one.high)
    return (
        one.domain,
        *(rounded(value, places) for value in spread),
        str(one.degrees_of_freedom),
        f"{one.n:,}",
        f"{one.missing:,}",
        f"{one.effective_n:,.1f}",
        rounded(one.design_effect, 3),
    )


def decimals(error: float) -> int:
    """As many places as show four digits of the standard error."""
    return min(max(DIGITS - 1 - math.floor(math.log10(error)), 0), 10)


def rounded(value: float | None, places: int) -> str:
    return NONE if value is None else f"{value:,.{places}f}"


def notes(design: Described, figures: tuple[Figure, ...], strays: dict[str, int]) -> list[str]:
    """What a reader of the figures has to know, a sentence each; `strays` rows without a domain."""
    told = []
    if design.columns.weight is None and design.raking is None:
        told.append("No --weight was given: each row counts 1, and a total is one of rows.")
    if design.lone_strata:
        names = ", ".join(design.lone_strata)
        told.append(f"Lone PSU in {names}: measured from the mean of all PSUs.")
    for margin, n in design.raking.unknown.items() if design.raking else ():
        if n:
            rows = counted(n, "row has", "rows have")
            told.append(f"{rows} no {margin}: their share of the weights is unchanged.")
    for domain, n in strays.items():
        if n:
            told.append(
                f"{counted(n, 'row has', 'rows have')} no {domain}: in none of its domains."
            )
    if design.weights.flag != "green":
        limit = {"amber": "2", "red": "4, too unequal to publish from"}
        told.append(f"The design effect of the weights is above {limit[design.weights.flag]}.")
    if any(one.degrees_of_freedom < 1 for one in figures):
        told.append("Where df is 0 a domain has no more PSUs than strata, and no interval.")
    return told
