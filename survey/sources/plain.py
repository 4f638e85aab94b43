"""Figures in formats of our own: counts, benchmarks, and deployments one by one.

A force that publishes in none of the other formats, or an operator who holds benchmarks, writes
these.
"""

import datetime
import re
from collections import Counter
from collections.abc import Callable
from typing import get_args

import msgspec
from msgspec.structs import replace

from survey import deployments, sources
from survey.deployments import BENCHMARKS
from survey.files import cells, delimited
from survey.files.delimited import DelimitedRow, DelimitedTable, Faults
from survey.places import City
from survey.problems import Fault
from survey.sources import FileReader, Format, has_columns

COUNT_COLUMNS = ("source", "start", "end", "area", "measure", "tactic", "count")
TACTICS = (*deployments.USES, "ced", "force", "stop_search", *deployments.SHOTS)
GROUP = re.compile(r"^(?:all|[a-z_]{1,40}:[a-z0-9_ +-]{1,60})$")


def counts_reader(
    columns: tuple[str, ...],
    read_row: Callable[[DelimitedRow, City, datetime.date], deployments.DeploymentCount],
) -> FileReader:
    """The reader of a format of ours whose rows are counts."""

    def read(
        name: str, content: bytes, *, city: City, known_on: datetime.date
    ) -> deployments.Import:
        table = delimited.read_table(name, content, columns=columns)
        source = single_source(table)
        counts = tuple(delimited.parse_rows(table, lambda row: read_row(row, city, known_on)))
        sources.check_no_overlap(name, counts)
        return sources.import_from_file(source, name, content, known_on, counts=counts)

    return read


def example_counts(area: str, today: datetime.date) -> list[list[str]]:
    """A table with every column that is read of counts, and a made-up count of last month."""
    end = today.replace(day=1) - datetime.timedelta(days=1)
    known = {"source": "made_up", "area": area, "measure": "officer_reports", "tactic": "fired"}
    known |= {"start": str(end.replace(day=1)), "end": str(end), "group": "all", "count": "3"}
    head = [*COUNT_COLUMNS[:-1], "group", COUNT_COLUMNS[-1]]
    return [head, [known[column] for column in head]]


def single_source(table: DelimitedTable) -> str:
    """The source named in a file of one of our own formats; raises unless all rows agree."""
    names = delimited.parse_rows(
        table, lambda row: (row.number, row.take("source", cells.parse_series_name))
    )
    faults = Faults(table.name)
    # An import is of one source, under which a later file restates its figures.
    for number, name in names:
        if name != names[0][1]:
            faults.add(Fault(f"row {number}, column 'source'", "differs from the rows above"))
    faults.refuse()
    return names[0][1]


def take_period(row: DelimitedRow, known_on: datetime.date) -> tuple[datetime.date, datetime.date]:
    """The first and the last day of a row, by its columns 'start' and 'end'."""
    start = row.take("start", cells.parse_day)
    end = row.take("end", lambda text: cells.check_past(cells.parse_day(text), known_on))
    if end < start:
        raise row.wrong(f"ends on {end}, before it starts on {start}")
    return start, end


def read_count(
    row: DelimitedRow, city: City, known_on: datetime.date
) -> deployments.DeploymentCount:
    start, end = take_period(row, known_on)
    measure = row.take("measure", cells.choice_parser(get_args(deployments.CountMeasure)))
    return deployments.DeploymentCount(
        area=row.take("area", cells.area_parser(city)),
        start=start,
        end=end,
        measure=msgspec.convert(measure, deployments.CountMeasure),
        tactic=row.take("tactic", cells.choice_parser(TACTICS)),
        group=row.take("group", parse_group) if "group" in row.cells else "all",
        count=row.take("count", cells.parse_whole),
    )


def parse_group(text: str) -> str:
    if not GROUP.match(text or "all"):
        raise ValueError(f"{text[:60]!r} is neither 'all' nor such as 'ethnicity_officer:black'")
    return text or "all"


COUNTS = Format(
    origin="plain",
    label="counts in the plain format",
    expected="counts in the plain format (source, start, end, area, measure, tactic, group, count)",
    # Without 'source', so that the refusal of a file that lacks it can name it.
    recognises=has_columns("start", "end", "area", "measure", "tactic", "count"),
    read=counts_reader(COUNT_COLUMNS, read_count),
)


BENCHMARK_COLUMNS = ("source", "benchmark", "area", "start", "end", "dimension", "group", "number")
BENCHMARK_TACTICS = {"searches": "stop_search"}
AGE = r"[0-9]{1,3}(?:-[0-9]{1,3}|\+)"
ETHNICITY = "(?:asian|black|mixed|white|other)"
BENCHMARK_GROUPS = {
    "ethnicity": f"{ETHNICITY}|unknown",
    "ethnicity_officer": f"{ETHNICITY}|unknown",
    "ethnicity_self": f"{ETHNICITY}|unknown",
    "age": f"{AGE}|unknown",
    "sex": "female|male|other|unknown",
    "age_ethnicity": f"{AGE} {ETHNICITY}",
}

EXAMPLES = {
    **dict.fromkeys(("ethnicity", "ethnicity_officer", "ethnicity_self"), "'black' or 'white'"),
    "age": "'18-34' or '65+'",
    "sex": "'female' or 'male'",
    "age_ethnicity": "'18-34 black'",
}
OLDEST = 120


def read_benchmark(
    row: DelimitedRow, city: City, known_on: datetime.date
) -> deployments.DeploymentCount:
    start, end = take_period(row, known_on)
    benchmark = BENCHMARKS[row.take("benchmark", cells.choice_parser((*BENCHMARKS,)))]
    dimension = row.take("dimension", cells.choice_parser((*BENCHMARK_GROUPS,)))
    group = row.take("group", str)
    if not re.fullmatch(BENCHMARK_GROUPS[dimension], group):
        raise row.wrong(
            f"{group[:40]!r} is not a group by {dimension}: write such as {EXAMPLES[dimension]}"
        )
    ages = [int(digits) for digits in re.findall("[0-9]+", group)]
    if ages != sorted(ages) or max(ages, default=0) > OLDEST:
        raise row.wrong(f"{group!r} is not an age: write the lower one first, up to {OLDEST}")
    return deployments.DeploymentCount(
        area=row.take("area", cells.area_parser(city)),
        start=start,
        end=end,
        measure=benchmark.measure,
        tactic=BENCHMARK_TACTICS.get(benchmark.measure, benchmark.measure),
        group=f"{dimension}:{group}",
        count=row.take("number", cells.parse_whole),
    )


BENCHMARK_FIGURES = Format(
    origin="plain",
    label="benchmarks in the plain format",
    expected=f"benchmarks in the plain format ({', '.join(BENCHMARK_COLUMNS)})",
    recognises=has_columns("benchmark", "area", "start", "end", "dimension", "group", "number"),
    read=counts_reader(BENCHMARK_COLUMNS, read_benchmark),
)


DEPLOYMENT_COLUMNS = ("source", "incident", "subject", "officer_report", "date", "area", "tactics")
# Columns that a file may have besides these, as it may have those of `SHOTS`.
DEVICE_COLUMNS: dict[str, Callable[[str], str]] = {
    "model": cells.parse_model,
    "distance": cells.parse_distance,
}
DEPLOYMENT_NOTES = (
    "Counted by week from Monday; a subject or an incident counts under its most severe use.",
)


def read_deployments(
    name: str, content: bytes, *, city: City, known_on: datetime.date
) -> deployments.Import:
    table = delimited.read_table(name, content, columns=DEPLOYMENT_COLUMNS)
    rows = delimited.parse_rows(
        table,
        lambda row: deployments.Deployment(
            incident=row.take("incident", cells.parse_filled),
            subject=row.take("subject", cells.parse_filled),
            officer_report=row.take("officer_report", cells.parse_filled),
            day=row.take("date", lambda text: cells.check_past(cells.parse_day(text), known_on)),
            area=row.take("area", cells.area_parser(city)),
            tactics=row.take("tactics", parse_tactics),
            groups=tuple(
                f"{dimension}:{row.take(dimension, parse)}"
                for dimension, parse in DEVICE_COLUMNS.items()
                if dimension in row.cells
            ),
            shots=tuple(
                (what, row.take(what, cells.parse_whole_or_zero))
                for what in deployments.SHOTS
                if what in row.cells
            ),
        ),
    )
    faults = Faults(name)
    for report, times in Counter([deployment.officer_report for deployment in rows]).items():
        if times > 1:
            # A report has one row; a second one would count the same use again.
            faults.add(Fault(f"officer_report {report!r}", f"appears in {times} rows"))
    faults.refuse()
    counts = tuple(
        count
        for measure in deployments.COUNTED
        for count in with_total(deployments.tally_deployments(rows, measure))
    )
    source = single_source(table)
    return sources.import_from_file(
        source, name, content, known_on, counts=counts, notes=DEPLOYMENT_NOTES
    )


DEPLOYMENTS = Format(
    origin="forms",
    label="deployments one by one",
    expected=f"deployments one by one ({', '.join(DEPLOYMENT_COLUMNS)})",
    recognises=has_columns("incident", "subject", "officer_report", "date", "area", "tactics"),
    read=read_deployments,
)


def parse_tactics(text: str) -> tuple[deployments.Use, ...]:
    named = cells.choice_parser(deployments.RANKED)
    return msgspec.convert(
        [named(part.strip()) for part in text.split(";")], tuple[deployments.Use, ...]
    )


def with_total(counts: list[deployments.DeploymentCount]) -> list[deployments.DeploymentCount]:
    """The counts by tactic, plus any use of a device ('ced') for each area, week and group."""
    total: Counter[deployments.DeploymentCount] = Counter()
    for count in counts:
        # Each unit has one most severe tactic, so the sum counts nothing twice.
        if count.tactic in deployments.USES:
            total[replace(count, tactic="ced", count=0)] += count.count
    return counts + [replace(cell, count=number) for cell, number in total.items()]
