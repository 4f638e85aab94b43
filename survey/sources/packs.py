"""Makes a place pack, the folder that `soundings import places` reads, from open files.

A statistical office's tables come in three forms: one row a count as in a pack, the census series
`period,zone_id,var_id,value`, and a table of ethnic groups with a column for each of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from survey.files import cells, delimited
from survey.files.delimited import DelimitedRow, DelimitedTable, Faults
from survey.files.refusals import unreadable_file
from survey.places import ResidentCount, comparable_name
from survey.problems import Fault
from survey.sources.places import (
    COUNT_COLUMNS,
    GROUPS,
    Ring,
    check_known,
    check_unique,
    parse_optional_whole,
    read_counts,
)

SERIES_COLUMNS = ("period", "zone_id", "var_id", "value")
OLDEST_FIVE = 85
# Totals of one area in two tables of one census may differ: an office changes cells so that nobody
# can be identified, and rounds some tables to hundreds.
MOST_APART, SHARE_APART = 100, 0.005
# Figures without a place, and places where nobody lives: every force has some.
WITHOUT_RESIDENTS = (
    ("out-of-force", "Out of force", "Outside force|Other force"),
    ("not-stated", "Not stated", "Unknown|Not recorded"),
)


class DraftArea(msgspec.Struct, frozen=True, kw_only=True):
    """A row of areas.csv as somebody writes it: only a code and a name are needed."""

    number: int
    code: str
    name: str
    short: str = ""
    variants: str = ""
    neighbours: frozenset[str] = frozenset()
    column: int | None = None
    row: int | None = None

    @property
    def spot(self) -> tuple[int, int] | None:
        """Where it stands in the grid of tiles, if that was given."""
        return None if self.column is None or self.row is None else (self.column, self.row)


class TableSource(msgspec.Struct, frozen=True):
    """Who counted the residents, which year, and when it was published."""

    name: str
    published: str
    year: int


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """What a new place is made of, before it is checked."""

    name: str
    force: str
    force_code: str
    attribution: tuple[str, ...]
    time_zone: str
    areas: tuple[DraftArea, ...]
    counts: tuple[ResidentCount, ...]
    outlines: Mapping[str, list[Ring]]
    tables: Mapping[str, bytes]
    """Those that a pack takes as they are, by their keys in city.toml."""


def read_draft_areas(name: str, raw: bytes) -> tuple[DraftArea, ...]:
    """The areas of a place; neighbours must be so both ways, and no two areas share a tile."""
    table = delimited.read_table(name, raw, columns=("code", "name"))
    drafts = tuple(delimited.parse_rows(table, read_draft_area))
    check_unique(name, "code", [draft.code for draft in drafts])
    check_unique(name, "name", [comparable_name(draft.name) for draft in drafts])
    faults = Faults(name)
    by_code = {draft.code: draft for draft in drafts}
    tiles: dict[tuple[int, int], DraftArea] = {}
    for draft in drafts:
        where = f"row {draft.number}"
        for code in sorted(draft.neighbours):
            if code == draft.code or code not in by_code:
                faults.add(Fault(where, f"its neighbour {code!r} is not another area of the table"))
            elif draft.code not in by_code[code].neighbours:
                sentence = (
                    f"has {code} as a neighbour, whose row {by_code[code].number} lacks "
                    f"{draft.code}; add it there or take it out here"
                )
                faults.add(Fault(where, sentence))
        if (draft.column is None) != (draft.row is None):
            faults.add(Fault(where, "needs both column and row, or neither"))
        elif draft.spot and (other := tiles.setdefault(draft.spot, draft)) is not draft:
            sentence = f"stands on the tile of {other.name} (row {other.number}); move one of them"
            faults.add(Fault(where, sentence))
    faults.refuse()
    return drafts


def read_draft_area(row: DelimitedRow) -> DraftArea:
    given = row.cells

    def optional_tile(column: str) -> int | None:
        return row.take(column, parse_optional_whole) if column in given else None

    code = row.take("code", cells.parse_filled)
    if "|" in code or " " in code:
        raise row.wrong(f"{code[:40]!r} is not a code: leave out spaces and |")
    return DraftArea(
        number=row.number,
        code=code,
        name=row.take("name", cells.parse_filled),
        short=given.get("short", ""),
        variants=given.get("variants", ""),
        neighbours=frozenset(filter(None, given.get("neighbours", "").split("|"))),
        column=optional_tile("column"),
        row=optional_tile("row"),
    )


def read_residents(
    name: str, raw: bytes, known: frozenset[str], source: TableSource | None
) -> list[ResidentCount]:
    """Counts of residents from a table in one of the three forms.

    The series and the table of groups do not name their source, so it has to be given. Rows of
    the series for other areas than these are left out: it has the whole country.
    """
    header = delimited.read_header(raw)
    if set(COUNT_COLUMNS) <= set(header):
        return read_counts(name, raw, known)
    groups = group_columns(header)
    if not set(SERIES_COLUMNS) <= set(header) and set(groups.values()) != set(GROUPS["ethnicity"]):
        expected = (
            f"the columns {', '.join(COUNT_COLUMNS)}; or {', '.join(SERIES_COLUMNS)}; or a code "
            "and a column for each ethnic group"
        )
        raise unreadable_file(name, expected, delimited.header_as_words(header))
    if source is None:
        raise unreadable_file(
            name,
            "--source, --published and --year with a table that does not name them",
            delimited.header_as_words(header),
        )
    if set(SERIES_COLUMNS) <= set(header):
        table = delimited.read_table(name, raw, columns=SERIES_COLUMNS)
        return series_counts(table, known, source)
    return group_counts(name, delimited.read_table(name, raw, columns=()), groups, known, source)


def group_columns(header: Sequence[str]) -> dict[str, str]:
    """The ethnic group of five of each column of a census table that begins with its name."""
    return {
        column: group
        for column in header
        for group in GROUPS["ethnicity"]
        if column.removeprefix("ethnic group: ").startswith(group)
    }


def group_counts(
    name: str,
    table: DelimitedTable,
    groups: Mapping[str, str],
    known: frozenset[str],
    source: TableSource,
) -> list[ResidentCount]:
    """Residents by ethnic group: the columns of each of the five groups added up."""
    code_column = next((name for name in table.header if "code" in name), "")
    if not code_column:
        raise unreadable_file(name, "a column with the codes of areas", table.header[0])

    def read(row: DelimitedRow) -> list[ResidentCount]:
        check_known(row, row.cells[code_column], known)
        sums = dict.fromkeys(GROUPS["ethnicity"], 0)
        for column, group in groups.items():
            sums[group] += row.take(column, cells.parse_whole)
        area = row.cells[code_column]
        return [
            resident_count(area, source.year, "ethnicity", group, persons, source)
            for group, persons in sums.items()
        ]

    counts = [count for counts in delimited.parse_rows(table, read) for count in counts]
    check_unique(name, "area", [count.area for count in counts if count.category == "white"])
    return counts


def series_counts(
    table: DelimitedTable, known: frozenset[str], source: TableSource
) -> list[ResidentCount]:
    """Total (P01001) and age by sex (P03002 girls under 5 ... P03022 boys under 5 ...)."""
    sums: dict[tuple[str, int, str, str], int] = defaultdict(int)

    def read(row: DelimitedRow) -> None:
        key = series_key(row.cells["var_id"])
        if row.cells["zone_id"] in known and key:
            year = row.take("period", cells.parse_whole)
            sums[row.cells["zone_id"], year, *key] += row.take("value", cells.parse_whole)

    delimited.parse_rows(table, read)
    return [
        resident_count(
            area, year, dimension, category, persons,
            msgspec.structs.replace(source, name=f"{source.name}, {year}"),
        )
        for (area, year, dimension, category), persons in sums.items()
    ]  # fmt: skip


def series_key(variable: str) -> tuple[str, str] | None:
    """The dimension and category of a variable of the series; None for those that are not used."""
    if variable == "P01001":
        return "total", "all"
    place = int(variable[3:]) if variable.startswith("P03") and variable[3:].isdigit() else 0
    for sex, first in (("female", 2), ("male", 22)):
        low = (place - first) * 5
        # 85-89, 90+ and, in earlier censuses, 85+ itself.
        if 0 <= place - first <= OLDEST_FIVE // 5 + 2:
            ages = f"{low}-{low + 4}" if low < OLDEST_FIVE else f"{OLDEST_FIVE}+"
            return "age_sex", f"{sex} {ages}"
    return None


def resident_count(
    area: str, year: int, dimension: str, category: str, persons: int, source: TableSource
) -> ResidentCount:
    return msgspec.convert(
        {
            "area": area,
            "year": year,
            "dimension": dimension,
            "category": category,
            "persons": persons,
            "source": source.name,
            "published": source.published,
        },
        ResidentCount,
    )


def check_totals(name: str, counts: Iterable[ResidentCount], codes: Sequence[str]) -> None:
    """Raise where an area has no total, or where its ages or groups add up to something else.

    They may differ by what an office changes so that nobody can be identified.
    """
    sums: dict[tuple[str, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for count in counts:
        sums[count.area, count.year][count.dimension] += count.persons
    faults = Faults(name)
    for code in codes:
        years = sorted(year for area, year in sums if area == code)
        if not any("total" in sums[code, year] for year in years):
            faults.add(Fault(code, "has no row with its total (dimension total, category all)"))
        for year in years:
            of = sums[code, year]
            for dimension in ("age_sex", "ethnicity"):
                total, parts = of.get("total"), of.get(dimension)
                if total is None or parts is None:
                    continue
                if abs(total - parts) > max(MOST_APART, SHARE_APART * total):
                    sentence = (
                        f"{year}: {dimension} adds up to {parts:,} where the total is {total:,}: "
                        "more than disclosure control changes; look for a category that is "
                        "missing or counted twice"
                    )
                    faults.add(Fault(code, sentence))
    faults.refuse()
