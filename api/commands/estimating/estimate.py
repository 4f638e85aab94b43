"""`estimate`: the editions' estimates for any CSV, to compare a figure with R in a minute."""

import sys
from pathlib import Path
from typing import IO, Any

import click
import numpy as np

from analysis.microdata import benchmarks, designs, tabulation
from analysis.microdata.benchmarks import Benchmarks
from analysis.microdata.designs import DesignColumns
from analysis.microdata.files import UNKNOWN, Microdata, label_column
from analysis.microdata.tabulation import ColumnValue, FigureRequest, TabulationRequest
from analysis.statistics.sampling.weights import TrimBounds
from api.commands.estimating import estimate_options as options_of
from api.commands.estimating import tabulated
from api.commands.estimating.tabulated import Tabulation
from survey.problems import unreadable_file
from survey.sources.reading import delimited


@click.command(epilog=options_of.EXAMPLES)
@click.argument("file", type=click.File("rb"), metavar="CSV")
@options_of.figure_options
@options_of.design_options
@options_of.raking_options
@options_of.output_options
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
    figures = tabulation.tabulated_figures(people, drawn, question)
    design = designs.design_summary(drawing, drawn)
    found = Tabulation(
        file=people.name,
        confidence=question.level,
        design=design,
        estimates=figures,
        notes=tuple(tabulated.reader_notes(design, figures, rows_without_domain(people, question))),
    )
    click.echo(tabulated.as_json(found) if form == "json" else tabulated.as_table(found))


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
            (parse_part(one), parse_part(other)) for one, other in options["difference"]
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
    content = file.read(delimited.MOST_BYTES + 1)
    header = [column for column in delimited.read_header(content) if column]
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


def rows_without_domain(people: Microdata, question: TabulationRequest) -> dict[str, int]:
    """How many rows have no value in a column of a domain."""
    columns = dict.fromkeys(column for domain in question.domains for column in domain)
    return {column: int(np.sum(label_column(people, column) == "")) for column in columns}
