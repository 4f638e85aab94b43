"""What the columns of a table mean: a mapping, as a file of TOML or JSON or as a page makes it."""

import datetime
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal, get_args

import msgspec

from survey.deployments import SHOTS, CountMeasure
from survey.files import cells, delimited
from survey.files.refusals import unreadable_file
from survey.problems import Fault
from survey.sources import plain

TEMPLATE = Path(__file__).with_name("mapping.toml")
MOST_BYTES = 1_000_000
PeriodLength = Literal["day", "week", "month", "quarter", "year"]
Encoding = Literal["utf-8", "cp1252", "latin-1"]
WordMap = dict[str, str]
MEASURES = get_args(CountMeasure)
FINANCIAL_YEAR = "financial year"  # in place of a format of dates: 2019/20
LONGEST_HEADING = 500
TOTAL_WORDS = re.compile(r"^\*? ?((grand |sub-?)?totals?|all|sum)\b|\btotal$", re.I)


def is_total(word: str) -> bool:
    """Whether a word says that its row or column is the sum of others."""
    return bool(TOTAL_WORDS.search(word))


class MappedColumns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The heading of the column for each part; '' if the file has no such column. A file may have
    several columns of groups, such as ethnicity and age.
    """

    area: str = ""
    start: str = ""
    end: str = ""
    count: str = ""
    measure: str = ""
    tactic: str = ""
    group: str | tuple[str, ...] = ""

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.group,) if isinstance(self.group, str) else self.group))

    def names(self) -> tuple[str, ...]:
        others = self.area, self.start, self.end, self.count, self.measure, self.tactic
        return (*filter(None, others), *self.groups)


class CountColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of several columns of numbers, and what its numbers are of; '' where the row says it."""

    heading: str
    tactic: str = ""
    group: str = ""


class MappingDefaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The value of every row where the file has no column for it. The days are of one file alone:
    a mapping that is saved for the next file has none.
    """

    measure: str = "officer_reports"
    tactic: str = "ced"
    group: str = "all"
    area: str = ""
    start: datetime.date | None = None
    end: datetime.date | None = None


class ColumnMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whose figures a file holds and how to read it; `mapping.toml` in this folder explains it."""

    source: str
    columns: MappedColumns = MappedColumns()
    licence: str = ""
    attribution: str = ""
    encoding: Encoding = "utf-8"
    sheet: str = ""
    heading_row: int = 1
    heading_rows: int = 1
    dates: str = "%Y-%m-%d"
    period: PeriodLength = "month"
    always: MappingDefaults = MappingDefaults()
    counts: tuple[CountColumn, ...] = ()
    days_in_headings: bool = False
    totals: tuple[str, ...] = ()
    other_areas: Literal["refused", "left out"] = "refused"
    areas: WordMap = {}
    measures: WordMap = {}
    tactics: WordMap = {}
    groups: WordMap = {}
    words: dict[str, WordMap] = {}
    dimensions: WordMap = {}
    numbers: WordMap = {}

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings that a file must have to be read by this mapping."""
        return (*self.columns.names(), *(column.heading for column in self.counts))

    @property
    def is_wide(self) -> bool:
        """Whether several columns hold numbers."""
        return bool(self.counts) or self.days_in_headings

    @property
    def is_use_a_row(self) -> bool:
        """Whether each row is one use: no column counts uses, at most their shots."""
        only_shots = all(column.tactic in SHOTS for column in self.counts)
        numbered = self.columns.count or self.days_in_headings
        return not numbered and only_shots and bool(self.columns.tactic or not self.counts)

    @property
    def needs_days(self) -> bool:
        """Whether nothing says yet of which days a file is."""
        dated = self.columns.start or self.days_in_headings
        return not (dated or (self.always.start and self.always.end))

    def words_of(self, column: str, others: WordMap) -> WordMap:
        """The words of one column: its own, and those for all columns of its kind."""
        return others | self.words.get(column, {})


def read_mapping(name: str, content: bytes) -> ColumnMapping:
    """A mapping from TOML or JSON; raises if it could not be used."""
    if len(content) > MOST_BYTES:
        raise unreadable_file(name, "a mapping of columns", f"{len(content):,} bytes")
    decoder = msgspec.json.decode if content.lstrip()[:1] == b"{" else msgspec.toml.decode
    try:
        mapping = decoder(content, type=ColumnMapping)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        expected = "a mapping of columns (see `soundings import --mapping-template`)"
        raise unreadable_file(name, expected, str(error)[:200]) from error
    check_mapping(name, mapping)
    return mapping


def check_mapping(name: str, mapping: ColumnMapping) -> None:
    """Raise with everything in a mapping by which no file could be read."""
    always, one_of = mapping.always, cells.choice_parser
    tactic, group = one_of((*plain.TACTICS, "")), plain.parse_group
    checks: list[tuple[str, str, Callable[[str], object]]] = [
        ("source", mapping.source, cells.parse_series_name),
        ("always.measure", always.measure, one_of(MEASURES)),
        ("always.tactic", always.tactic, one_of(plain.TACTICS)),
        ("always.group", always.group, group),
        *((f"measures.{k}", v, one_of((*MEASURES, ""))) for k, v in mapping.measures.items()),
        *((f"tactics.{k}", v, tactic) for k, v in mapping.tactics.items()),
        *((f"groups.{k}", v, group) for k, v in mapping.groups.items()),
        *((f"numbers.{k}", v, parse_number_word) for k, v in mapping.numbers.items()),
        *((f"counts.{c.heading}", c.tactic, tactic) for c in mapping.counts),
        *((f"counts.{c.heading}", c.group, group) for c in mapping.counts),
        *((f"words.{of}.{k}", v, word_parser(mapping, of)) for of, k, v in own_words(mapping)),
        *(("columns", heading, parse_heading) for heading in mapping.headings),
        *(("totals", word, parse_heading) for word in mapping.totals),
        *((f"dimensions.{k}", f"{v}:x", group) for k, v in mapping.dimensions.items()),
    ]
    faults = delimited.Faults(name)
    for where, text, parse in checks:
        try:
            parse(text)
        except ValueError as wrong:
            faults.add(Fault(where[:80], str(wrong)))
    for fault in missing_parts(mapping):
        faults.add(fault)
    faults.refuse()


def missing_parts(mapping: ColumnMapping) -> Iterator[Fault]:
    """What a mapping must say and does not, or says twice."""
    columns, always = mapping.columns, mapping.always
    if not columns.area and not always.area:
        yield Fault("columns.area", "is missing: name its column, or one area in [always]")
    if columns.start and mapping.days_in_headings:
        yield Fault("columns.start", "is given twice: in a column and in the headings")
    if (always.start is None) != (always.end is None):
        yield Fault("always.start", "needs always.end, and the other way round")
    elif always.start and always.end and always.end < always.start:
        yield Fault("always.end", f"is {always.end}, before always.start")
    if mapping.days_in_headings and (columns.count or mapping.counts):
        yield Fault("days_in_headings", "leaves no place for other columns of numbers")
    names = list(map(delimited.comparable_heading, mapping.headings))
    if double := sorted({name for name in names if names.count(name) > 1}):
        yield Fault("columns", f"name {double[0]!r} twice")
    if not 1 <= mapping.heading_rows <= mapping.heading_row:
        yield Fault("heading_rows", "is between 1 and heading_row")


def own_words(mapping: ColumnMapping) -> Iterator[tuple[str, str, str]]:
    for column, words in mapping.words.items():
        for word, ours in words.items():
            yield column, word, ours


def word_parser(mapping: ColumnMapping, column: str) -> Callable[[str], object]:
    """What a column's own words may become, by what the column is."""
    if column == mapping.columns.tactic:
        return cells.choice_parser((*plain.TACTICS, ""))
    return plain.parse_group


def parse_heading(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_HEADING:
        raise ValueError(f"{text[:40]!r} is not a heading")
    return text


def parse_number_word(text: str) -> str:
    """What a word among numbers stands for; '' where it is no number and its figure unknown."""
    return text and str(cells.parse_whole(text))


EXPORT_HEAD = """\
# What the columns of a table mean. Take it in at Data, Saved mappings, or by the command
# ./soundings import FILE --mapping THIS-FILE
"""


def write_mapping(mapping: ColumnMapping) -> bytes:
    """A mapping as TOML that `read_mapping` reads; what is as usual is left out."""
    usual = msgspec.to_builtins(ColumnMapping(source=""), builtin_types=(datetime.date,))
    given = msgspec.to_builtins(mapping, builtin_types=(datetime.date,))
    # Each of these is a table of its own, and tables follow the plain values.
    counts = given.pop("counts")
    lines = [
        f"{key} = {toml_value(value)}"
        for key, value in given.items()
        if not isinstance(value, dict) and value != usual[key]
    ]
    for key, value in given.items():
        if isinstance(value, dict) and value != usual[key]:
            lines += toml_table(key, value, usual[key])
    for column in counts:
        lines += ["", "[[counts]]", *(f"{k} = {toml_value(v)}" for k, v in column.items() if v)]
    return (EXPORT_HEAD + "\n".join(lines) + "\n").encode()


def toml_table(name: str, table: Mapping[str, object], usual: Mapping[str, object]) -> list[str]:
    """A table of TOML; tables in it follow by their full name."""
    plain_ones = {k: v for k, v in table.items() if not isinstance(v, dict)}
    lines = ["", f"[{name}]"] if plain_ones else []
    lines += [
        f"{toml_value(key)} = {toml_value(value)}"
        for key, value in plain_ones.items()
        if value is not None and value != usual.get(key)
    ]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += toml_table(f"{name}.{toml_value(key)}", value, {})
    return lines


def toml_value(value: object) -> str:
    if isinstance(value, datetime.date):
        return value.isoformat()
    # JSON writes strings, numbers, booleans and lists as TOML does, but leaves DEL as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
