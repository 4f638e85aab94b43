"""`estimate`: the editions' estimates for any CSV, to compare a figure with R in a minute."""

import itertools
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, get_args

import click
import msgspec
import numpy as np

from analysis import microdata
from analysis.microdata import (
    ColumnValue,
    FigureRequest,
    TabulatedFigure,
    TabulationRequest,
    benchmarks,
    designs,
)
from analysis.microdata.benchmarks import Benchmarks
from analysis.microdata.designs import DesignColumns, DesignSummary
from analysis.microdata.files import UNKNOWN, Microdata, label_column
from analysis.statistics.sampling.samples import TrimBounds
from survey.files import delimited
from survey.files.refusals import unreadable_file

EXAMPLES = """\b
Examples:
\b
  A mean with its design, for everyone and for each borough:
    soundings estimate people.csv --mean index --weight weight \\
      --stratum borough --psu ward --domain borough
\b
  Weights raked to margins, a proportion, and a difference of two groups:
    soundings estimate people.csv --proportion fair --weight weight \\
      --stratum borough --psu ward --margins margins.csv \\
      --difference ethnicity=Black ethnicity=White
\b
  The share of one answer, from another program, as JSON:
    cat people.csv | soundings estimate - --proportion q1=5 --format json
\b
margins.csv has three columns, whatever they are called: variable, category, total.
  variable,category,total
  sex,F,3775500
  sex,M,3775500
\b
In R, with the survey package:
  d <- svydesign(~ward, strata = ~borough, weights = ~weight, data = people, nest = TRUE)
  m <- svymean(~index, d); m; confint(m, df = degf(d))
"""
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


def figure_options(command: Any) -> Any:
    return add_options(
        command,
        click.option("--mean", multiple=True, metavar="VAR", help="Mean of a column of numbers."),
        click.option(
            "--proportion",
            multiple=True,
            metavar="VAR[=VALUE]",
            help="Share of 1 in a column of 0 and 1, or of one value in any column.",
        ),
        click.option(
            "--total", multiple=True, metavar="VAR", help="Total in the population of a column."
        ),
        click.option(
            "--ratio", multiple=True, metavar="NUM/DEN", help="Ratio of the totals of two columns."
        ),
        click.option(
            "--domain",
            multiple=True,
            metavar="VAR[:VAR]",
            help="Also for each value of a column, or each combination of values of several.",
        ),
        click.option(
            "--difference",
            multiple=True,
            nargs=2,
            metavar="VAR=VALUE VAR=VALUE",
            help=(
                "Also the difference between the first and second part, which may overlap: means "
                "and proportions."
            ),
        ),
    )


def design_options(command: Any) -> Any:
    return add_options(
        command,
        click.option("--weight", metavar="VAR", help="Weights, all above 0. [default: 1 a row]"),
        click.option("--stratum", metavar="VAR", help="Strata. [default: one]"),
        click.option(
            "--psu",
            metavar="VAR",
            help="Primary sampling units; the same label in two strata is two of them "
            "(R: nest = TRUE). [default: each row]",
        ),
        click.option(
            "--fpc",
            metavar="VAR",
            help="PSUs in the population of the stratum, if they were drawn without replacement.",
        ),
        click.option(
            "--lone-psu",
            type=click.Choice(get_args(designs.LonePsu)),
            # One PSU shows no spread: taking it from the others has to be the reader's own choice.
            default="refuse",
            show_default=True,
            help="A stratum with one PSU: refuse it, or measure it from the mean of all PSUs, as "
            "the editions do (R: fail, adjust).",
        ),
    )


def raking_options(command: Any) -> Any:
    return add_options(
        command,
        click.option(
            "--margins",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Rake the weights to these: a CSV of variable, category, total.",
        ),
        click.option(
            "--trim",
            type=click.FloatRange(min=1, min_open=True),
            metavar="TIMES",
            help="Cap raked weights at TIMES their median and rake again; the editions say 5. "
            "[default: never]",
        ),
        click.option(
            "--trim-between",
            type=(click.FloatRange(0, 1), click.FloatRange(min=1, min_open=True)),
            metavar="LEAST LARGEST",
            help="Or limit them to between these multiples of their mean.",
        ),
        click.option(
            "--residuals",
            type=click.Choice(get_args(benchmarks.Residuals)),
            default="calibrate",
            show_default=True,
            help="The error after raking as R's calibrate() has it, and the editions, or as "
            "R's rake().",
        ),
    )


def output_options(command: Any) -> Any:
    return add_options(
        command,
        click.option(
            "--confidence",
            type=click.FloatRange(0, 1, min_open=True, max_open=True),
            default=0.95,
            show_default=True,
            help="Confidence level of the intervals.",
        ),
        click.option(
            "--interval",
            type=click.Choice(get_args(microdata.IntervalMethod)),
            default="korn-graubard",
            show_default=True,
            help="Of proportions; R's svyciprop has beta and logit, its svymean t.",
        ),
        click.option(
            "--missing",
            multiple=True,
            metavar="TEXT",
            help="A cell that means no answer, such as -9; empty cells and NA always do.",
        ),
        click.option(
            "--format",
            "form",
            type=click.Choice(["table", "json"]),
            default="table",
            show_default=True,
            help="A table is rounded, JSON is not.",
        ),
    )


def add_options(command: Any, *options: Any) -> Any:
    """The command with these options, in the order in which the help lists them."""
    # Decorators apply from the last to the first, and the help would be upside down.
    for option in reversed(options):
        command = option(command)
    return command


class Tabulation(msgspec.Struct, frozen=True, kw_only=True):
    """All that the command reports: nothing is rounded, and what does not exist is None."""

    file: str
    confidence: float
    design: DesignSummary
    estimates: tuple[TabulatedFigure, ...]
    notes: tuple[str, ...]


def as_table(tabulation: Tabulation) -> str:
    blocks = itertools.groupby(
        tabulation.estimates, key=lambda figure: (figure.kind, figure.of, figure.interval)
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
    weights = design.weights
    yield (
        f"Weights: {weights.least:,.6g} to {weights.largest:,.6g}, sum {weights.sum:,.10g}; "
        f"their design effect (Kish) {weights.design_effect:.4f}, "
        f"effective n {weights.effective_n:,.1f}"
    )
    if (raked := design.raking) is not None:
        trimmed = "none" if raked.trim is None else f"{raked.trimmed_share:.1%} of them"
        yield (
            f"Raked to {', '.join(raked.margins)}: converged in "
            f"{count_with_noun(raked.cycles, 'cycle', 'cycles')} to within "
            f"{raked.largest_residual:.0e} "
            f"of every target; trimmed: {trimmed}; residuals {RESIDUALS[raked.residuals]}"
        )


def count_with_noun(n: int, singular: str, many: str) -> str:
    return f"{n:,} {singular if n == 1 else many}"


def question_lines(figures: list[TabulatedFigure], confidence: float) -> Iterable[str]:
    """The figures of one question, a line for each domain."""
    first = figures[0]
    yield (
        f"{first.kind.capitalize()} of {first.of}; {100 * confidence:g}% interval: "
        f"{INTERVALS[first.interval]}"
    )
    # The same decimals in a whole block, so that its lines can be compared by eye.
    places = next(
        (decimal_places(figure.standard_error) for figure in figures if figure.standard_error),
        DIGITS,
    )
    rows = [("", *HEADINGS), *(figure_cells(figure, places) for figure in figures)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        numbers = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield f"  {row[0].ljust(widths[0])}  {'  '.join(numbers)}"


def figure_cells(figure: TabulatedFigure, places: int) -> tuple[str, ...]:
    spread = (figure.value, figure.standard_error, figure.low, figure.high)
    return (
        figure.domain,
        *(rounded_text(value, places) for value in spread),
        str(figure.degrees_of_freedom),
        f"{figure.n:,}",
        f"{figure.missing:,}",
        f"{figure.effective_n:,.1f}",
        rounded_text(figure.design_effect, 3),
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
    if any(figure.degrees_of_freedom < 1 for figure in figures):
        notes.append("Where df is 0 a domain has no more PSUs than strata, and no interval.")
    return notes


@click.command(epilog=EXAMPLES)
@click.argument("file", type=click.File("rb"), metavar="CSV")
@figure_options
@design_options
@raking_options
@output_options
def estimate(file: IO[bytes], form: str, **options: Any) -> None:
    """Estimate from the microdata in CSV: a row a respondent, - for standard input.

    Means, proportions, totals and ratios with the standard errors of the design, computed by the
    functions that the editions use. Nothing is saved, and no database is needed. Rows without an
    answer are left out of that figure and counted as missing; they stay in the design.
    """
    question = question_from_options(options)
    people = read_microdata(file, UNKNOWN | frozenset(options["missing"]))
    drawing = DesignColumns(
        **{name: options[name] for name in ("weight", "stratum", "psu", "fpc", "lone_psu")}
    )
    drawn = designs.microdata_sample(people, drawing, benchmarks_from_options(options))
    figures = microdata.tabulated_figures(people, drawn, question)
    design = designs.design_summary(drawing, drawn)
    columns = dict.fromkeys(column for domain in question.domains for column in domain)
    tabulation = Tabulation(
        file=people.name,
        confidence=question.level,
        design=design,
        estimates=figures,
        notes=tuple(
            reader_notes(
                design,
                figures,
                {column: int(np.sum(label_column(people, column) == "")) for column in columns},
            )
        ),
    )
    click.echo(
        msgspec.json.format(msgspec.json.encode(tabulation), indent=2).decode()
        if form == "json"
        else as_table(tabulation)
    )


def question_from_options(options: dict[str, Any]) -> TabulationRequest:
    """The estimates that the options ask for; checked before any file is read."""
    wanted = [FigureRequest(kind="mean", variable=text) for text in options["mean"]]
    for text in options["proportion"]:
        variable, sign, value = text.partition("=")
        wanted.append(
            FigureRequest(kind="proportion", variable=variable, other=value if sign else None)
        )
    wanted += [FigureRequest(kind="total", variable=text) for text in options["total"]]
    for text in options["ratio"]:
        above, below = split_pair(text, "/", "--ratio", "income/persons")
        wanted.append(FigureRequest(kind="ratio", variable=above, other=below))
    if not wanted:
        raise click.UsageError("Choose what to estimate: --mean, --proportion, --total or --ratio.")
    return TabulationRequest(
        wanted=tuple(wanted),
        domains=tuple(tuple(text.split(":")) for text in options["domain"]),
        differences=tuple(
            (parse_part(part), parse_part(other)) for part, other in options["difference"]
        ),
        level=options["confidence"],
        interval=options["interval"],
    )


def parse_part(text: str) -> ColumnValue:
    return ColumnValue(*split_pair(text, "=", "--difference", "ethnicity=Black ethnicity=White"))


def split_pair(text: str, sign: str, option: str, example: str) -> tuple[str, str]:
    first, _, second = text.partition(sign)
    if not first or not second:
        raise click.BadParameter(f"{text!r}: write it as in {example}.", param_hint=option)
    return first, second


def benchmarks_from_options(options: dict[str, Any]) -> Benchmarks | None:
    trim, between = options["trim"], options["trim_between"]
    if options["margins"] is None:
        if trim or between:
            raise click.UsageError("Weights are trimmed where they are raked: give --margins too.")
        return None
    if trim and between:
        raise click.UsageError("Give --trim or --trim-between, not both.")
    with options["margins"].open("rb") as file:
        targets = benchmarks.read_targets(read_microdata(file))
    return Benchmarks(
        targets=targets,
        trim=TrimBounds(*between) if between else trim,
        residuals=options["residuals"],
    )


def read_microdata(file: IO[bytes], unknown: frozenset[str] = UNKNOWN) -> Microdata:
    """The columns of a delimited file; raises if a column occurs twice."""
    name = "standard input" if file is sys.stdin.buffer else Path(file.name).name
    # One byte more than is allowed, by which the reader sees that the file is too large.
    content = file.read(delimited.MOST_BYTES + 1)
    header = [column for column in delimited.read_header(content) if column]
    # In the dict below the second column would silently replace the first.
    for column in header:
        if header.count(column) > 1:
            raise unreadable_file(name, "each column once", f"{column!r} twice")
    table = delimited.read_table(name, content, columns=())
    cells = zip(*(cells for _, cells in table.lines), strict=True)
    return Microdata(
        name=name,
        columns=dict(zip(table.header, cells, strict=True)),
        lines=[line for line, _ in table.lines],
        unknown=unknown,
    )
