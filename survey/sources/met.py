"""Metropolitan Police use of force: by borough and month (London Datastore), and report by report.

Both count officers' reports: one officer's use of force on one subject. A report has some 275
columns, spelt as published ("Possesion", "CED2 ArCED2"), and the file numbers neither subjects nor
incidents, so that nothing else can be counted in it.
"""

import datetime
import functools
import re
from collections import Counter

from survey import sources
from survey.deployments import SEVERITY, DeploymentCount, Import, Tactic, month_end, most_severe
from survey.files import cells, delimited
from survey.files.cells import OFFICER_GROUPS, SEX, YES_NO, Vocabulary
from survey.files.delimited import DelimitedRow
from survey.files.refusals import unreadable_file
from survey.places import City
from survey.sources import Format, has_columns

MONTHS_SOURCE = "Metropolitan Police use of force by borough and month"
MONTH_COLUMNS = ("Date", "Borough", "CED Used", "UseOfForceCount")
ETHNICITY = "subjectethnicity_"
MONTH_NOTES = (
    "Officers' reports: several officers who used force on one person count several times.",
    "Ethnicity as perceived by the officer; 'Chinese' is counted with Asian, as in the census.",
    "The file does not give the use of devices by ethnicity.",
)
MonthCell = tuple[str, datetime.date, str, str]


def read_months(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read_table(
        name, content, columns=MONTH_COLUMNS, encodings=("utf-8", "cp1252")
    )
    labels = {c: c.removeprefix(ETHNICITY) for c in table.header if c.startswith(ETHNICITY)}
    for column, label in labels.items():
        # Not counted as unknown: a new column would take people out of the groups they were in.
        if label not in OFFICER_GROUPS:
            known = ", ".join(OFFICER_GROUPS)
            raise unreadable_file(table.name, f"ethnicities out of {known}", f"{column!r}")
    groups = {column: OFFICER_GROUPS[label] for column, label in labels.items()}
    total: Counter[MonthCell] = Counter()
    for part in delimited.parse_rows(table, lambda row: read_part(row, groups, city, known_on)):
        for cell, number in part.items():
            total[cell] += number
    counts = tuple(count_from_cell(cell, number) for cell, number in sorted(total.items()))
    return sources.import_from_file(
        MONTHS_SOURCE,
        name,
        content,
        known_on,
        counts=counts,
        notes=MONTH_NOTES,
    )


MET_MONTHS = Format(
    origin="publisher",
    label="the Met's use of force by borough and month",
    expected=(
        "Met use of force by borough and month (Date, Borough, CED Used, ..., UseOfForceCount)"
    ),
    recognises=has_columns(*MONTH_COLUMNS),
    read=read_months,
)


def read_part(
    row: DelimitedRow, groups: dict[str, str], city: City, known_on: datetime.date
) -> Counter[MonthCell]:
    area = row.take("borough", cells.area_parser(city))
    month = row.take("date", lambda text: parse_first_day(text, known_on))
    force = row.take("useofforcecount", cells.parse_whole)
    devices = row.take("ced used", cells.parse_whole)
    by_group = {column: row.take(column, cells.parse_whole) for column in groups}
    if devices > force:
        raise row.wrong(f"'CED Used' is {devices}, more than 'UseOfForceCount', {force}")
    # The ethnicities share out all force; where they do not, a column is missing or moved.
    if groups and sum(by_group.values()) != force:
        raise row.wrong(f"the ethnicities add up to {sum(by_group.values())}, not to {force}")
    part = Counter({(area, month, "force", "all"): force, (area, month, "ced", "all"): devices})
    for column, number in by_group.items():
        # Added, as Asian and Chinese are columns of one group.
        part[(area, month, "force", groups[column])] += number
    return part


def parse_first_day(text: str, known_on: datetime.date) -> datetime.date:
    month = cells.parse_day(text)
    if month.day != 1:
        raise ValueError(f"{text!r} is not the first day of a month")
    cells.check_past(month_end(month), known_on)
    return month


def count_from_cell(cell: MonthCell, number: int) -> DeploymentCount:
    area, month, tactic, group = cell
    return DeploymentCount(
        area=area,
        start=month,
        end=month_end(month),
        measure="officer_reports",
        tactic=tactic,
        group=group,
        count=number,
    )


REPORTS_SOURCE = "Metropolitan Police use of force, report by report"
REPORT_COLUMNS = (
    *("IncidentDate", "Borough", "SubjectAge", "SubjectGender", "SubjectEthnicity", "CED Used"),
    *("CED Drawn", "CED Aimed", "CED Red-Dotted", "CED Arced", "CED Drive Stun", "CED Fired"),
    "CED Angle Drive Stun",
)
# Up to four devices a report; the other three are spelt 'CED2 ArCED2' where this one is 'Arced'.
STEP = re.compile(
    r"^ced[2-4]? (drawn|aimed|red-dotted|(?P<arced>ar\w+)|angled? drive stun|drive stun|fired)$"
)
STEPS: dict[str, Tactic] = {
    "drawn": "drawn",
    "aimed": "aimed",
    "red-dotted": "red_dotted",
    "arced": "arced",
    "drive stun": "drive_stunned",
    "angle drive stun": "angled_drive_stunned",
    "angled drive stun": "angled_drive_stunned",
    "fired": "fired",
}
# A spreadsheet takes "11-17" for November 2017.
AGE = {
    **{band: band for band in ("0-10", "11-17", "18-34", "35-49", "50-64")},
    **dict.fromkeys(("65 and over", "65+"), "65+"),
    **dict.fromkeys(("nov-17", "17-nov", "2017-11-01", "2017-11-01 00:00:00"), "11-17"),
    **dict.fromkeys(("", "don't know", "not reported", "unknown"), "unknown"),
}
IMPACT = {
    "impact factor: mental health": "impact_mental_health",
    "impact factor: acute behavioural disorder": "impact_behavioural_disorder",
    "impact factor: alcohol": "impact_alcohol",
    "impact factor: drugs": "impact_drugs",
    "impact factor: possesion of a weapon": "impact_weapon",
    "impact factor: possession of a weapon": "impact_weapon",
}
MENTAL, PHYSICAL = "mentaldisability", "physicaldisability"
HEALTH = {
    "yes yes": "both",
    "yes no": "mental",
    "no yes": "physical",
    "no no": "none",
    "yes unknown": "mental",
    "unknown yes": "physical",
}
REPORT_NOTES = (
    (
        "Officers' reports: several officers who used force on one person count several times. "
        "The file gives neither people nor incidents."
    ),
    "Only the most severe use of any of a report's devices is counted.",
    "Ethnicity as perceived by the officer; 'Chinese' is counted with Asian, as in the census.",
    "A category that is not listed for an area and month had none.",
)


def read_reports(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read_stream(
        name,
        content,
        columns=REPORT_COLUMNS,
        wanted=is_needed_column,
        encodings=("utf-8", "cp1252"),
    )
    reports = MetReports(table.header, city, known_on)
    delimited.parse_rows(table, reports.add)
    if not reports.tally:
        raise unreadable_file(name, f"reports of a month that ended by {known_on}", "none")
    notes = [*REPORT_NOTES, *cells.unknown_word_notes(name, reports.words.values())]
    if reports.early:
        notes.append(f"Reports of a month that was not over, left out: {reports.early:,}.")
    counts = tuple(
        count_from_cell(cell, number) for cell, number in sorted(reports.cells().items())
    )
    return sources.import_from_file(
        REPORTS_SOURCE, name, content, known_on, counts=counts, notes=tuple(notes)
    )


MET_REPORTS = Format(
    origin="reports",
    label="the Met's use of force, report by report",
    expected=(
        "Met use of force, report by report (IncidentDate, Borough, SubjectAge, ..., CED Fired)"
    ),
    recognises=has_columns("incidentdate", "borough", "subjectethnicity"),
    read=read_reports,
    streamed=True,
)


def is_needed_column(column: str) -> bool:
    return column in NEEDED_COLUMNS or column in IMPACT or bool(STEP.match(column))


NEEDED_COLUMNS = {delimited.comparable_heading(column) for column in REPORT_COLUMNS} | {
    MENTAL,
    PHYSICAL,
}


class MetReports:
    """The reports of a file, tallied as they are read."""

    def __init__(self, header: tuple[str, ...], city: City, known_on: datetime.date) -> None:
        self.area = functools.cache(lambda text: cells.area_parser(city)(text or "not-stated"))
        # The same few days and boroughs come back in row after row.
        self.month = functools.cache(lambda text: parse_month(text, known_on))
        self.known_on = known_on
        self.steps = {column: column_tactic(column) for column in header if STEP.match(column)}
        factors = {c: Vocabulary(IMPACT[c], YES_NO) for c in header if c in IMPACT}
        self.words = factors | {
            "subjectage": Vocabulary("age", AGE),
            "subjectgender": Vocabulary("sex", SEX),
            "subjectethnicity": Vocabulary("ethnicity_officer", cells.PERCEIVED),
        }
        self.health = MENTAL in header and PHYSICAL in header
        self.tally: Counter[MonthCell] = Counter()
        self.early = 0

    def add(self, row: DelimitedRow) -> None:
        area = row.take("borough", self.area)
        month = row.take("incidentdate", self.month)
        tactics = self.tactics(row)
        if month_end(month) > self.known_on:
            self.early += 1
            return
        groups = ["all", *self.groups(row)]
        self.tally.update((area, month, tactic, group) for tactic in tactics for group in groups)

    def tactics(self, row: DelimitedRow) -> tuple[str, ...]:
        """The tactics a report counts under: force, and for a report with a device also its most
        severe use.
        """
        steps = tuple({step for column, step in self.steps.items() if row.take(column, is_yes)})
        # Cells hold words such as 'X2' too: only a plain No or a blank means that there was no use.
        used = YES_NO.get(row.cells["ced used"].casefold(), "yes") == "yes"
        if not steps:
            return ("force", "ced", "not_stated") if used else ("force",)
        return ("force", "ced", most_severe(steps))

    def groups(self, row: DelimitedRow) -> list[str]:
        groups = [vocabulary.group(row.cells[column]) for column, vocabulary in self.words.items()]
        if self.health:
            given = (row.cells[heading].casefold() for heading in (MENTAL, PHYSICAL))
            answers = " ".join(YES_NO.get(answer, "unknown") for answer in given)
            groups.append(f"health:{HEALTH.get(answers, 'unknown')}")
        return groups

    def cells(self) -> Counter[MonthCell]:
        """The counts, with 0 for every area, month and tactic of the file without reports."""
        areas = {area for area, *_ in self.tally}
        months = {month for _, month, *_ in self.tally}
        whole = ("force", "ced", *SEVERITY, "not_stated")
        nothing = {(a, m, tactic, "all"): 0 for a in areas for m in months for tactic in whole}
        return Counter({**nothing, **self.tally})


def column_tactic(column: str) -> Tactic:
    match = STEP.match(column)
    return STEPS["arced" if match and match["arced"] else column.partition(" ")[2]]


def is_yes(text: str) -> bool:
    """Whether a cell says that a step was taken: it holds yes or no, or how often."""
    answer = YES_NO.get(text.casefold())
    if answer is None and not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text[:40]!r} is neither Yes, No, a number nor blank")
    return answer == "yes" if answer else int(text) > 0


def parse_month(text: str, known_on: datetime.date) -> datetime.date:
    """The month of a day such as 2023-04-01, with or without a time, or 01/04/2023."""
    plain = text.partition(" ")[0]
    day = cells.parse_british_day(plain) if "/" in plain else cells.parse_day(plain)
    return cells.check_past(day, known_on).replace(day=1)
