"""Benchmarks in a format of our own: people there by day, arrests, residents by age and ethnicity.

Nobody publishes such a table in one form, so an operator writes one from what they hold.
"""

import datetime
import re

from survey.benchmarks import BENCHMARKS
from survey.deployments import DeploymentCount, Import, ImportOrigin
from survey.files import cells, delimited
from survey.files.delimited import DelimitedRow
from survey.places import City
from survey.sources import imports

KIND = "deployments"
ORIGIN: ImportOrigin = "plain"
# Without 'source', so that the refusal of a file that lacks it can name it.
RECOGNISED_BY = {"benchmark", "area", "start", "end", "dimension", "group", "number"}
COLUMNS = ("source", "benchmark", "area", "start", "end", "dimension", "group", "number")
LABEL = "benchmarks in the plain format"
EXPECTED = f"benchmarks in the plain format ({', '.join(COLUMNS)})"
TACTICS = {"searches": "stop_search"}
AGE = r"[0-9]{1,3}(?:-[0-9]{1,3}|\+)"
ETHNICITY = "(?:asian|black|mixed|white|other)"
GROUPS = {
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


def recognises(content: bytes) -> bool:
    return set(delimited.read_header(content)) >= RECOGNISED_BY


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    return imports.read_counts(
        name, content, COLUMNS, lambda row: read_row(row, city, known_on), known_on
    )


def read_row(row: DelimitedRow, city: City, known_on: datetime.date) -> DeploymentCount:
    start, end = imports.take_period(row, known_on)
    benchmark = BENCHMARKS[row.take("benchmark", cells.choice_parser((*BENCHMARKS,)))]
    dimension = row.take("dimension", cells.choice_parser((*GROUPS,)))
    group = row.take("group", str)
    check_group(row, dimension, group)
    return DeploymentCount(
        area=row.take("area", cells.area_parser(city)),
        start=start,
        end=end,
        measure=benchmark.measure,
        tactic=TACTICS.get(benchmark.measure, benchmark.measure),
        group=f"{dimension}:{group}",
        count=row.take("number", cells.parse_whole),
    )


def check_group(row: DelimitedRow, dimension: str, group: str) -> None:
    if not re.fullmatch(GROUPS[dimension], group):
        raise row.wrong(
            f"{group[:40]!r} is not a group by {dimension}: write such as {EXAMPLES[dimension]}"
        )
    ages = [int(one) for one in re.findall("[0-9]+", group)]
    if ages != sorted(ages) or max(ages, default=0) > OLDEST:
        raise row.wrong(f"{group!r} is not an age: write the lower one first, up to {OLDEST}")
