"""The fields by which a person says what columns and words of a table mean, and what they make."""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from api.locales import TACTICS, category_name
from api.pages.forms import Form
from survey.deployments import COUNTED, SEVERITY
from survey.files import cells, grids
from survey.files.grids import Grid, Headings
from survey.places import City
from survey.sources import plain
from survey.sources.mappings import (
    FINANCIAL_YEAR,
    ColumnMapping,
    CountColumn,
    Encoding,
    MappedColumns,
    MappingDefaults,
    PeriodLength,
    guesses,
)
from survey.sources.mappings.guesses import TableGuess
from survey.sources.mappings.words import (
    LEFT_OUT,
    TOTAL_ROW,
    ColumnWords,
    WordKind,
)

EXAMPLES = 3  # of the cells below a heading
MOST_LISTED = 60  # words of one column on a page
EXAMPLE_DAY = datetime.date(2024, 3, 31)
# A column of these comes once in a table.
ONCE = ("area", "start", "end", "count", "tactic", *guesses.GROUPS)
WORDS = {
    "": "Leave out",
    "area": "Area",
    "start": "Day or period",
    "end": "Last day of the period",
    "tactic": "What was done (tactic)",
    "ethnicity_officer": "Ethnicity, as officers saw it",
    "ethnicity_self": "Ethnicity, as people said it",
    "age": "Age",
    "sex": "Sex",
    "health": "Health or disability",
    "model": "Model of the device",
    "distance": "Distance, in metres or as it is",
    "outcome": "Outcome",
    "count": "Number",
    "days": "Number, for the period in the heading",
}
MEASURES = {
    "officer_reports": (
        "Officers’ reports",
        "Two officers who use force on one person count twice",
    ),
    "subjects": ("People", "Each person counts once in an incident"),
    "incidents": ("Incidents", "However many officers and people were there"),
}
PERIODS: dict[PeriodLength, str] = {
    "day": "A day",
    "week": "A week, from Monday",
    "month": "A month",
    "quarter": "A quarter",
    "year": "A year",
}
USUAL_GROUPS = (
    *(
        f"{what}:{kind}"
        for what in ("ethnicity_officer", "ethnicity_self")
        for kind in ("white", "black", "asian", "mixed", "other", "unknown")
    ),
    *(f"age:{band}" for band in ("0-10", "11-17", "18-34", "35-49", "50-64", "65+", "unknown")),
    *(f"sex:{kind}" for kind in ("female", "male", "other", "unknown")),
    *(f"health:{kind}" for kind in ("mental", "physical", "both", "none", "unknown")),
)
DIMENSION_WORDS = {
    "ethnicity_officer": "as officers saw it",
    "ethnicity_self": "as people said it",
    "age": "age",
    "sex": "sex",
    "health": "health",
    "model": "model",
    "distance": "distance",
    "outcome": "outcome",
}
assert set(MEASURES) == set(COUNTED)


def tactic_words() -> dict[str, str]:
    """Our tactics, the most severe first, then what is no single tactic."""
    return {
        "ced": "Any use of a Taser",
        **{tactic: TACTICS[tactic] for tactic in SEVERITY},
        "warned": "Warning sound (Taser 10)",
        "not_discharged": "Not discharged",
        "not_stated": "A Taser, not stated how",
        "force": "Any use of force",
        "stop_search": "Stop and search",
        "cartridges": "Cartridges fired",
        "probes": "Single probes fired (Taser 10)",
    }


assert set(tactic_words()) == set(plain.TACTICS)


def group_words(group: str) -> str:
    """A group in words, with its dimension: 'sex:female' is Female (sex)."""
    if group == "all":
        return "Everybody (a total)"
    dimension = group.partition(":")[0]
    return f"{category_name(group)} ({DIMENSION_WORDS.get(dimension, dimension)})"


def date_words(dates: str) -> str:
    """A format of dates as an example."""
    if dates == FINANCIAL_YEAR:
        return "2023/24 (April to March)"
    return EXAMPLE_DAY.strftime(dates) + {
        "%d/%m/%Y": " (day first)",
        "%m/%d/%Y": " (month first)",
    }.get(dates, "")


class ColumnRow(msgspec.Struct, frozen=True):
    """A column on the page: the name of its field, its heading, the first cells below it, and the
    options of its meaning.
    """

    field: str
    heading: str
    examples: tuple[str, ...]
    options: tuple[tuple[str, str], ...]


def column_rows(grid: Grid, headings: Headings, guess: TableGuess) -> list[ColumnRow]:
    rows = []
    usual = {**WORDS, **{f"of:{tactic}": f"Number: {w}" for tactic, w in tactic_words().items()}}
    usual |= {f"group:{group}": f"Number: {group_words(group)}" for group in USUAL_GROUPS}
    for at, column in enumerate(guess.columns):
        values = guesses.column_values(grid.rows[: headings.row + 200], headings, at)
        # A group that is not among the usual ones, such as another band of ages.
        own = {f"group:{column.group}": f"Number: {group_words(column.group)}"}
        options = usual | (own if column.group else {})
        examples = tuple(value[:40] for value in values if value)[:EXAMPLES]
        rows.append(ColumnRow(f"m{at}", column.heading, examples, tuple(options.items())))
    return rows


def guessed_values(guess: TableGuess, grid: Grid, headings: Headings) -> dict[str, str]:
    """The fields of the page on columns as they are guessed."""
    values = {
        f"m{at}": f"group:{column.group}" if column.meaning == "group" else column.meaning
        for at, column in enumerate(guess.columns)
    }
    of_force = "of:force" in values.values() and "count" not in values.values()
    values |= {"dates": guess.dates, "period": guess.period}
    values["tactic"] = "force" if of_force else "ced"
    if not {"start", "days"} & set(values.values()):
        values |= days_in_title(grid, headings)
    return values


def days_in_title(grid: Grid, headings: Headings) -> dict[str, str]:
    """The fields of the first and last day, if the rows above the headings name them."""
    title = " ".join(cell for row in grid.rows[: headings.row - 1] for cell in row if cell)
    span = cells.period_in_title(title.casefold())
    return period_values(*span) if span else {}


def period_values(first: datetime.date, last: datetime.date) -> dict[str, str]:
    return {
        f"{name}-{part}": str(getattr(day, part))
        for name, day in (("first", first), ("last", last))
        for part in ("day", "month", "year")
    }


def told_values(by: ColumnMapping, guess: TableGuess, title_days: dict[str, str]) -> dict[str, str]:
    """The fields of the page on columns as a mapping fills them."""
    columns = by.columns
    meanings = {
        columns.area: "area",
        columns.start: "start",
        columns.end: "end",
        columns.count: "count",
        columns.tactic: "tactic",
        **{heading: by.dimensions.get(heading, "") for heading in columns.groups},
        **{c.heading: f"group:{c.group}" if c.group else f"of:{c.tactic}" for c in by.counts},
    }
    values = {f"m{at}": meanings.get(each.heading, "") for at, each in enumerate(guess.columns)}
    if by.days_in_headings:
        days = {f"m{at}": "days" for at, c in enumerate(guess.columns) if c.meaning == "days"}
        values |= days
    always = by.always
    values |= {"dates": by.dates, "period": by.period, "source": by.source}
    values |= {"measure": always.measure, "tactic": always.tactic, "area": always.area}
    if always.start and always.end:
        values |= period_values(always.start, always.end)
    elif by.needs_days:
        values |= title_days
    return values


def read_columns(
    form: Form, grid: Grid, headings: Headings, encoding: Encoding, today: datetime.date
) -> ColumnMapping | None:
    """The mapping that was said on the page on columns; None if something is wrong."""
    names = grids.heading_names(grid.rows, headings)
    meanings = {name: form[f"m{at}"] for at, name in enumerate(names) if form[f"m{at}"]}
    check_meanings(form, names)
    check_about(form, meanings, today)
    if form.errors:
        return None
    at = {meaning: heading for heading, meaning in meanings.items()}
    dimensions = {heading: what for heading, what in meanings.items() if what in guesses.GROUPS}
    undated = "start" not in at and "days" not in at
    return ColumnMapping(
        source=form["source"].strip(),
        columns=MappedColumns(
            area=at.get("area", ""),
            start=at.get("start", ""),
            end=at.get("end", ""),
            count=at.get("count", ""),
            tactic=at.get("tactic", ""),
            group=tuple(dimensions),
        ),
        counts=tuple(
            CountColumn(heading, tactic=told if kind == "of" else "", group=told * (kind != "of"))
            for heading, meaning in meanings.items()
            for kind, _, told in [meaning.partition(":")]
            if told
        ),
        days_in_headings="days" in at,
        dimensions=dimensions,
        encoding=encoding,
        sheet=grid.name,
        heading_row=headings.row,
        heading_rows=headings.rows,
        dates=form["dates"],
        period=msgspec.convert(form["period"], PeriodLength),
        always=MappingDefaults(
            measure=form["measure"],
            tactic=form["tactic"],
            area="" if "area" in at else form["area"],
            start=form.day("first") if undated else None,
            end=form.day("last") if undated else None,
        ),
    )


def check_meanings(form: Form, names: Sequence[str]) -> None:
    """Add an error at each column whose meaning does not exist or comes twice."""
    seen: dict[str, str] = {}
    times = Counter(form[f"m{at}"] for at in range(len(names)))
    for at, name in enumerate(names):
        field, meaning = f"m{at}", form[f"m{at}"]
        known = meaning in WORDS or is_number_meaning(meaning)
        form.require(known, field, f"Select what the column “{name[:60]}” means")
        if known and times[meaning] > 1 and (meaning in ONCE or meaning.startswith("of:")):
            first = seen.setdefault(meaning, name)
            wanted = f"Two columns cannot both be this: “{first[:40]}” and “{name[:40]}”"
            form.require(first == name, field, wanted)


def is_number_meaning(meaning: str) -> bool:
    kind, _, told = meaning.partition(":")
    if kind == "of":
        return told in plain.TACTICS
    return kind == "group" and ":" in told and bool(plain.GROUP.match(told))


def check_about(form: Form, meanings: Mapping[str, str], today: datetime.date) -> None:
    """Add an error at each field about the whole table that is missing or does not fit."""
    told = set(meanings.values())
    try:
        cells.parse_series_name(form["source"].strip())
    except ValueError:
        form.add_error("source", "Enter who publishes which figures, in up to 120 characters")
    form.require(form["measure"] in MEASURES, "measure", "Select what one of them is")
    form.require(form["tactic"] in plain.TACTICS, "tactic", "Select what was used")
    form.require(form["dates"] in guesses.DATE_FORMATS, "dates", "Select how days are written")
    form.require(form["period"] in PERIODS, "period", "Select how long the periods are")
    form.require("area" in told or form["area"], "area", "Select an area, or a column of areas")
    both = "start" in told and "days" in told
    form.require(not both, "period", "The period is in a column or in the headings, not in both")
    numbered = "days" in told and any(m == "count" or ":" in m for m in told)
    form.require(not numbered, "period", "With periods in headings, the other numbers are left out")
    if "start" not in told and "days" not in told:
        first, last = form.day("first"), form.day("last")
        form.require_day("first", first is not None, "Enter the first day that the table is about")
        past = last is not None and (first or last) <= last <= today
        form.require_day("last", past, "Enter its last day, not before the first nor in the future")


class WordRow(msgspec.Struct, frozen=True):
    """A word on the page, the number of its rows, and the options of what it is."""

    field: str
    word: str
    rows: int
    options: tuple[tuple[str, str], ...]


class WordList(msgspec.Struct, frozen=True):
    """The words of a column on the page; `more` is the number of those that are not listed."""

    kind: WordKind
    heading: str
    rows: tuple[WordRow, ...]
    more: int = 0


def word_options(column: ColumnWords, city: City) -> dict[str, str]:
    if column.kind == "area":
        areas = {area.code: area_words(area.name, area.kind) for area in city.areas}
        return {LEFT_OUT: "Leave out", TOTAL_ROW: "A row of totals: check with it", **areas}
    if column.kind == "number":
        return {"0": "Zero", LEFT_OUT: "Not known: leave out"}
    if column.kind == "tactic":
        return {LEFT_OUT: "Leave out", **tactic_words()}
    groups = [group for group in USUAL_GROUPS if column.dimension in ("", group.partition(":")[0])]
    own = [guesses.guess_group(column.dimension, each.word) for each in column.words]
    own += [each.ours for each in column.words if each.ours not in (None, LEFT_OUT)]
    known = dict.fromkeys((*groups, *filter(None, own)))
    listed = {group: group_words(group) for group in known}
    return {LEFT_OUT: "Leave out", "all": group_words("all"), **listed}


def area_words(name: str, kind: str) -> str:
    return f"{name} (police force)" if kind == "force" else name


def word_lists(columns: Sequence[ColumnWords], city: City) -> list[WordList]:
    """The words to list, those that nobody decided first."""
    lists = []
    for number, column in enumerate(columns):
        options = tuple(word_options(column, city).items())
        ordered = sorted(column.words, key=lambda word: word.ours is not None)
        rows = tuple(
            WordRow(f"w{number}-{column.words.index(word)}", word.word, word.rows, options)
            for word in ordered[:MOST_LISTED]
        )
        if rows:
            more = len(column.words) - len(rows)
            lists.append(WordList(column.kind, column.heading, rows, more))
    return lists


def word_values(columns: Sequence[ColumnWords]) -> dict[str, str]:
    return {
        f"w{number}-{at}": word.ours or ""
        for number, column in enumerate(columns)
        for at, word in enumerate(column.words)
    }


def read_words(
    form: Form, columns: Sequence[ColumnWords], city: City, others_left_out: bool
) -> list[tuple[ColumnWords, str, str]]:
    """What was decided of each word; an error at each that was not."""
    choices = []
    for number, column in enumerate(columns):
        options = word_options(column, city)
        for at, word in enumerate(column.words):
            field = f"w{number}-{at}"
            ours = form.get(field, word.ours or "")
            if ours in options:
                choices.append((column, word.word, ours))
            elif not (column.kind == "area" and others_left_out and not ours):
                wanted = f"Select what “{word.word[:60] or 'an empty cell'}” is"
                form.require(column.words.index(word) >= MOST_LISTED, field, wanted)
    return choices
