"""The Home Office's open data table of police use of force: a row for each officer's report.

Its publication says that it has one, for the years since 2020/21, and what a report holds; no file
of it could be had here. So a column is known by any of several headings, and a word that is not
known is refused where it says what was done with a device, and counted as unknown elsewhere. A
column 'number of reports' is allowed for, in case that rows are counts.
"""

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache

from survey import deployments, sources
from survey.deployments import SEVERITY, DeploymentCount, Import
from survey.files import cells, delimited
from survey.files.cells import PERCEIVED, SEX, Vocabulary
from survey.files.delimited import DelimitedRow
from survey.files.refusals import unreadable_file
from survey.places import City
from survey.sources import Format, home_office

SOURCE = "Home Office: use of force, report by report"
# By what a column means, its headings; the first three are in every table.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "year": ("financial year", "year", "financial_year", "year ending"),
    "force": ("police force", "force", "police_force", "force name", "police force name"),
    "use": ("ced use", "ced", "ced type", "type of ced use", "ced highest use", "ced_use"),
    "age": ("perceived age", "age", "age group", "age_group"),
    "sex": ("perceived sex", "perceived gender", "sex", "gender"),
    "ethnicity_officer": ("perceived ethnicity", "ethnicity", "ethnic group"),
    "health": ("perceived health condition", "health condition", "disability"),
    "model": ("ced model", "model", "device model", "ced_model"),
    "cartridges": ("cartridges", "cartridges fired", "cartridges discharged"),
    "probes": ("probes", "probes fired", "probes discharged"),
    "reports": ("number of reports", "reports", "count", "number of use of force reports"),
}
NEEDED = ("year", "force", "use")
NO_USE = frozenset({"", "no", "n", "0", "none", "not used", "n/a", "not applicable"})
USED = frozenset({"yes", "y", "1", "used", "not stated", "not reported", "ced not stated"})
GROUPS: Mapping[str, Mapping[str, str]] = {
    "age": home_office.AGE | {"": "unknown", "unknown": "unknown"},
    "sex": SEX,
    "ethnicity_officer": PERCEIVED,
    "health": home_office.HEALTH | {"": "unknown", "unknown": "unknown"},
}
NOTES = (
    "Officers' reports: several officers who used force on one person count several times. "
    "Added up here from the rows of the open data table.",
    "Only the most severe use in each report was counted.",
    "Age, sex, ethnicity and health as perceived by the officer; 'Chinese' is counted with Asian, "
    "as in the census.",
)
ForceCell = tuple[str, cells.Period, str, str]


def known_columns(header: tuple[str, ...]) -> dict[str, str]:
    """The heading of each known meaning that the header has."""
    return {
        meaning: next(heading for heading in headings if heading in header)
        for meaning, headings in COLUMNS.items()
        if not set(headings).isdisjoint(header)
    }


def is_open_table(content: bytes) -> bool:
    header = delimited.read_header(content)
    return set(NEEDED) <= known_columns(header).keys()


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    columns = known_columns(delimited.read_header(content))
    table = delimited.read_stream(
        name,
        content,
        columns=tuple(columns.get(meaning, meaning) for meaning in NEEDED),
        wanted=frozenset(columns.values()).__contains__,
        encodings=("utf-8", "cp1252"),
    )
    reports = ForceReports(columns, city, known_on)
    delimited.parse_rows(table, reports.add)
    if not reports.tally:
        raise unreadable_file(name, f"reports of a police force of {city.name}", "none of them")
    counts = tuple(
        DeploymentCount(
            area=area,
            start=start,
            end=end,
            measure="officer_reports",
            tactic=tactic,
            group=group,
            count=number,
        )
        for (area, (start, end), tactic, group), number in sorted(reports.cells().items())
    )
    notes = (*NOTES, *cells.unknown_word_notes(name, reports.words.values()), *reports.notes())
    return sources.import_from_file(SOURCE, name, content, known_on, counts=counts, notes=notes)


OPEN_TABLE = Format(
    origin="reports",
    label="the Home Office's open data table of the use of force",
    expected="the Home Office's open data table, a report a row (Financial year, Police force, "
    "CED use, ...)",
    recognises=is_open_table,
    read=read,
    streamed=True,
)


class ForceReports:
    """The reports of the city's forces, tallied as they are read."""

    def __init__(self, columns: Mapping[str, str], city: City, known_on: datetime.date) -> None:
        self.columns = columns
        # The same few forces and years come back in row after row.
        self.area = cache(lambda text: cells.find_force(city, home_office.heading_words(text)))
        self.year = cache(lambda text: parse_year(text, known_on))
        self.words = {
            meaning: Vocabulary(meaning, GROUPS.get(meaning, cells.find_model))
            for meaning in (*GROUPS, "model")
            if meaning in columns
        }
        self.tally: Counter[ForceCell] = Counter()
        self.elsewhere = 0

    def add(self, row: DelimitedRow) -> None:
        force = row.cells[self.columns["force"]]
        area = self.area(force)
        if not area:
            self.elsewhere += force.casefold().strip() == home_office.OTHER_FORCE
            return
        year = row.take(self.columns["year"], self.year)
        tactics = row.take(self.columns["use"], parse_use)
        number = (
            row.take(self.columns["reports"], cells.parse_whole) if "reports" in self.columns else 1
        )
        for what in deployments.SHOTS:
            if what in self.columns:
                shots = row.take(self.columns[what], cells.parse_whole_or_zero)
                self.tally[area, year, what, "all"] += shots
        groups = ["all", *(self.group(row, meaning) for meaning in self.words)]
        for tactic in tactics:
            for group in groups:
                # Force without a device has no model.
                if tactic != "force" or not group.startswith("model:"):
                    self.tally[area, year, tactic, group] += number

    def group(self, row: DelimitedRow, meaning: str) -> str:
        used = parse_use(row.cells[self.columns["use"]]) != ("force",)
        # A report without a device leaves the model blank, which is no word that is not known.
        if meaning == "model" and not used:
            return "model:unknown"
        return self.words[meaning].group(row.cells[self.columns[meaning]])

    def cells(self) -> Counter[ForceCell]:
        """The counts, with 0 for every area, year and tactic of the file without reports."""
        periods = {(area, year) for area, year, *_ in self.tally}
        whole = ("force", "ced", *SEVERITY, "not_stated")
        nothing = {(*period, tactic, "all"): 0 for period in periods for tactic in whole}
        return Counter({**nothing, **self.tally})

    def notes(self) -> Iterator[str]:
        if self.elsewhere:
            yield home_office.OTHER_FORCE_NOTE


def parse_use(text: str) -> tuple[str, ...]:
    """The tactics under which a report counts: force, and for one with a device its use."""
    plain = home_office.heading_words(text)
    if plain in NO_USE:
        return ("force",)
    if plain in USED:
        return ("force", "ced", "not_stated")
    tactic = home_office.TACTICS.get(plain.replace("-", " "), "ced")
    # 'total' is a heading of the tables, never what was done.
    if tactic == "ced":
        raise ValueError(f"{text[:40]!r} is not a use of a device known here")
    return ("force", "ced", tactic)


def parse_year(text: str, known_on: datetime.date) -> cells.Period:
    period = home_office.parse_year(home_office.heading_words(text))
    cells.check_past(period[1], known_on)
    return period
