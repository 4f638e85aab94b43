"""`estimate`: the estimates of the editions on a CSV, to hold a figure against R in a minute."""

import sys
from pathlib import Path
from typing import IO, Any

import click
import numpy as np

from analysis import benchmarks, designs, tabulation
from analysis.benchmarks import Benchmarks
from analysis.designs import Drawing
from analysis.microdata import UNKNOWN, Microdata, labels
from analysis.statistics.weights import Bounds
from analysis.tabulation import Part, Question, Wanted
from api.commands import estimate_options as options_of
from api.commands import tabulated
from api.commands.tabulated import Tabulation
from survey.problems import unreadable_file
from survey.sources import delimited


@click.command(epilog=options_of.EXAMPLES)
@click.argument("file", type=click.File("rb"), metavar="CSV")
@options_of.figures
@options_of.design
@options_of.raking
@options_of.telling
def estimate(file: IO[bytes], form: str, **options: Any) -> None:
    """Estimate from the microdata in CSV: a row a respondent, - for standard input.

    Means, proportions, totals and ratios with the standard errors of the design, computed by the
    functions that the editions use. Nothing is kept, and no database is asked. Rows without an
    answer are left out of that figure and counted as missing; they stay in the design.
    """
    question = asked(options)
    people = microdata(file, UNKNOWN | frozenset(options["missing"]))
    drawing = Drawing(
        **{name: options[name] for name in ("weight", "stratum", "psu", "fpc", "lone_psu")}
    )
    drawn = designs.drawn(people, drawing, margins(options))
    figures = tabulation.tabulated(people, drawn, question)
    design = designs.described(drawing, drawn)
    found = Tabulation(
        file=people.name,
        confidence=question.level,
        design=design,
        estimates=figures,
        notes=tuple(tabulated.notes(design, figures, strays(people, question))),
    )
    click.echo(tabulated.as_json(found) if form == "json" else tabulated.as_table(found))


def asked(options: dict[str, Any]) -> Question:
    """What the options ask for, before any file is read."""
    wanted = [Wanted(kind="mean", variable=text) for text in options["mean"]]
    for text in options["proportion"]:
        variable, sign, value = text.partition("=")
        wanted.append(Wanted(kind="proportion", variable=variable, other=value if sign else None))
    wanted += [Wanted(kind="total", variable=text) for text in options["total"]]
    for text in options["ratio"]:
        above, below = two(text, "/", "--ratio", "income/persons")
        wanted.append(Wanted(kind="ratio", variable=above, other=below))
    if not wanted:
        raise click.UsageError("Choose what to estimate: --mean, --proportion, --total or --ratio.")
    return Question(
        wanted=tuple(wanted),
        domains=tuple(tuple(text.split(":")) for text in options["domain"]),
        differences=tuple((part(one), part(other)) for one, other in options["difference"]),
        level=options["confidence"],
        interval=options["interval"],
    )


def part(text: str) -> Part:
    return Part(*two(text, "=", "--difference", "ethnicity=Black ethnicity=White"))


def two(text: str, sign: str, option: str, example: str) -> tuple[str, str]:
    first, _, second = text.partition(sign)
    if not first or not second:
        raise click.BadParameter(f"{text!r}: write it as in {example}.", param_hint=option)
    return first, second


def margins(options: dict[str, Any]) -> Benchmarks | None:
    trim, between = options["trim"], options["trim_between"]
    if options["margins"] is None:
        if trim or between:
            raise click.UsageError("Weights are trimmed where they are raked: give --margins too.")
        return None
    if trim and between:
        raise click.UsageError("Give --trim or --trim-between, not both.")
    with options["margins"].open("rb") as file:
        targets = benchmarks.targets(microdata(file))
    return Benchmarks(
        targets=targets,
        trim=Bounds(*between) if between else trim,
        residuals=options["residuals"],
    )


def microdata(file: IO[bytes], unknown: frozenset[str] = UNKNOWN) -> Microdata:
    """The columns of a delimited file, each of which is there once."""
    name = "standard input" if file is sys.stdin.buffer else Path(file.name).name
    content = file.read(delimited.MOST_BYTES + 1)
    header = [column for column in delimited.header_of(content) if column]
    for column in header:
        if header.count(column) > 1:
            raise unreadable_file(name, "each column once", f"{column!r} twice")
    table = delimited.read(name, content, columns=())
    cells = zip(*(cells for _, cells in table.lines), strict=True)
    return Microdata(
        name=name,
        columns=dict(zip(table.header, cells, strict=True)),
        lines=[line for line, _ in table.lines],
        unknown=unknown,
    )


def strays(people: Microdata, question: Question) -> dict[str, int]:
    """How many rows have no value in a column of a domain."""
    columns = dict.fromkeys(column for domain in question.domains for column in domain)
    return {column: int(np.sum(labels(people, column) == "")) for column in columns}
