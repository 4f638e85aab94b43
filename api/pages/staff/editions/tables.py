"""A table in no known format: what its columns and words mean, the check, and its import; mappings
that were saved for the next one.
"""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import RowNumber
from api.locales import TACTICS
from api.operations import tables
from api.pages.forms import Form, read_file, whole_number
from api.pages.staff.editions import mapping_fields as fields
from api.pages.staff.editions.files import imports_page
from api.pages.work import FromPage, StaffPage, StaffRequest
from survey.files import grids
from survey.files.grids import Grid, Headings
from survey.places import City
from survey.problems import Problem
from survey.sources.mappings import check_mapping, guesses, read_mapping, words, write_mapping
from survey.sources.mappings.reading import open_grid
from survey.sources.mappings.totals import TOTAL, Difference, MappedRow, sums_by_kind
from survey.store import places
from survey.store.editions import mappings
from survey.store.editions.mappings import HeldTable

ROOT = "/work/files/tables"
MAPPINGS = "/work/files/mappings"
MOST_BYTES = 1_000_000  # of a mapping
LONGEST_NAME, LEAST_WHY, MOST_WHY = 80, 10, 500
HeldId = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
TABLE = f"{ROOT}/{{ident:str}}"


async def load_held(page: StaffRequest, ident: str) -> tuple[HeldTable, City]:
    async with page.connection() as connection:
        held = await mappings.get_held(connection, page.person.id, ident)
        return held, await places.get_city(connection)


@get(f"{TABLE}/columns")
async def show_columns(page: FromPage, ident: HeldId) -> Template:
    return await columns_page(page, *await load_held(page, ident))


async def columns_page(page: StaffRequest, held: HeldTable, city: City) -> Template:
    sheets = await tables.open_sheets(held.file, held.content)
    grid, headings = chosen_table(page, held, sheets, city)
    guess = guesses.guess_table(grid.rows, headings, city)
    told = held.is_matched and (grid.name, headings.row) == (
        held.mapping.sheet,
        held.mapping.heading_row,
    )
    page.fill(
        fields.told_values(held.mapping, guess, fields.days_in_title(grid, headings))
        if told
        else fields.guessed_values(guess, grid, headings)
    )
    return page.show(
        "data/columns",
        held=held,
        address=f"{ROOT}/{held.id}",
        sheets={each.name: each.name for each in sheets},
        grid=grid,
        headings=headings,
        most=len(grid.rows),
        columns=fields.column_rows(grid, headings, guess),
        measures=fields.MEASURES,
        tactics=fields.tactic_words(),
        areas={area.code: fields.area_words(area.name, area.kind) for area in city.areas},
        dates={form: fields.date_words(form) for form in guesses.DATE_FORMATS},
        periods=fields.PERIODS,
    )


def chosen_table(
    page: StaffRequest, held: HeldTable, sheets: list[Grid], city: City
) -> tuple[Grid, Headings]:
    """The sheet and the place of its headings: asked for, told before, or guessed."""
    asked = page.form.values or page.query
    by = held.mapping
    wanted = page.form["sheet"] if page.form.values else page.query.get("sheet", "")
    named = next((grid for grid in sheets if asked and grid.name == wanted), None)
    if named is None and held.is_matched:
        named = next((grid for grid in sheets if grid.name == by.sheet), None)
        if named is not None and not asked:
            return named, Headings(by.heading_row, by.heading_rows)
    grid = named or guesses.guess_sheet(sheets, city)
    row, rows = (
        whole_number(page.form[key] if page.form.values else page.query.get(key, ""))
        for key in ("row", "rows")
    )
    if row and 1 <= row <= len(grid.rows):
        return grid, Headings(row, min(rows or 1, row, grids.MOST_HEADING_ROWS))
    return grid, grids.guess_headings(grid.rows)


@post(f"{TABLE}/columns")
async def save_columns(page: FromPage, ident: HeldId) -> Response[Any]:
    held, city = await load_held(page, ident)
    sheets = await tables.open_sheets(held.file, held.content)
    grid, headings = chosen_table(page, held, sheets, city)
    encoding = tables.encoding_of(held.content)
    mapping = fields.read_columns(page.form, grid, headings, encoding, clock.today())
    if mapping is None:
        return await columns_page(page, held, city)
    if held.is_matched:
        mapping = tables.with_rows_of(held, mapping)
    try:
        check_mapping(held.file, mapping)
    except Problem as refused:
        page.form.refuse(refused, [("m0", refused.sentence)])
        return await columns_page(page, held, city)
    mapping = words.with_guessed_words(mapping, grid, city)
    async with page.connection() as connection:
        await mappings.set_mapping(connection, held.id, mapping)
    listed = any(column.words for column in words.TableWords(mapping, grid, city).columns())
    return page.to(f"{ROOT}/{held.id}/{'words' if listed else 'check'}")


def words_of(held: HeldTable, city: City) -> list[words.ColumnWords]:
    grid = open_grid(held.file, held.content, held.mapping)
    return list(words.TableWords(held.mapping, grid, city).columns())


@get(f"{TABLE}/words")
async def show_words(page: FromPage, ident: HeldId) -> Response[Any]:
    held, city = await load_held(page, ident)
    if not held.is_matched:
        return page.to(f"{ROOT}/{held.id}/columns")
    return words_page(page, held, city, words_of(held, city))


def words_page(
    page: StaffRequest, held: HeldTable, city: City, columns: list[words.ColumnWords]
) -> Template:
    others = {"others": "yes"} if held.mapping.other_areas == "left out" else {}
    page.fill(fields.word_values(columns) | others)
    return page.show(
        "data/words",
        held=held,
        address=f"{ROOT}/{held.id}",
        lists=fields.word_lists(columns, city),
        others=any(column.kind == "area" and column.words for column in columns) or bool(others),
    )


@post(f"{TABLE}/words")
async def save_words(page: FromPage, ident: HeldId) -> Response[Any]:
    held, city = await load_held(page, ident)
    if not held.is_matched:
        return page.to(f"{ROOT}/{held.id}/columns")
    columns = words_of(held, city)
    others = page.form["others"] == "yes"
    choices = fields.read_words(page.form, columns, city, others)
    if page.form.errors:
        return words_page(page, held, city, columns)
    mapping = words.with_words(held.mapping, choices, others_left_out=others)
    grid = open_grid(held.file, held.content, mapping)
    mapping = words.with_guessed_words(mapping, grid, city)
    async with page.connection() as connection:
        await mappings.set_mapping(connection, held.id, mapping)
    # With areas decided, more rows are used, in which there may be other marks among the numbers.
    left = any(column.open_words for column in words.TableWords(mapping, grid, city).columns())
    return page.to(f"{ROOT}/{held.id}/{'words' if left else 'check'}")


@get(f"{TABLE}/check")
async def show_check(page: FromPage, ident: HeldId) -> Response[Any]:
    held, city = await load_held(page, ident)
    if not held.is_matched:
        return page.to(f"{ROOT}/{held.id}/columns")
    return await check_page(page, held, city)


async def check_page(page: StaffRequest, held: HeldTable, city: City) -> Template:
    names = {area.code: area.name for area in city.areas}
    address = f"{ROOT}/{held.id}"
    try:
        figures = await tables.read_held(held, city)
    except Problem as refused:
        page.form.refuse(refused, [("", refused.sentence)])
        return page.show("data/check", held=held, address=address, figures=None)
    page.fill({"save_as": held.saved_as})
    kinds = sums_by_kind(figures.counts)
    left = sums_by_kind(figures.left_counts)
    return page.show(
        "data/check",
        held=held,
        address=address,
        figures=figures,
        first_rows=[preview_row(row, names) for row in figures.first_rows],
        kinds=[
            (total_field(at), kind_words(kind), read, left[kind])
            for at, (kind, read) in enumerate(kinds.items())
        ],
        spans=sorted({count.start for count in figures.counts}),
        last=max(count.end for count in figures.counts),
        areas=len({count.area for count in figures.counts}),
        differences=tables.all_differences(figures, {}),
    )


def total_field(at: int) -> str:
    return f"total{at}"


def kind_words(kind: tuple[str, str]) -> str:
    measure, tactic = kind
    return f"{fields.tactic_words()[tactic]}, {fields.MEASURES[measure][0].lower()}"


def preview_row(row: MappedRow, names: dict[str, str]) -> tuple[Any, ...]:
    figure = row.figure
    groups = ", ".join(fields.group_words(each) for each in row.groups if each not in ("", TOTAL))
    tactic = TACTICS.get(figure.tactic) or fields.tactic_words()[figure.tactic]
    area = names[figure.area]
    return row.row, area, figure.start, figure.end, tactic, groups, figure.count


@post(f"{TABLE}/check")
async def import_table(page: FromPage, ident: HeldId) -> Response[Any]:
    held, city = await load_held(page, ident)
    form = page.form
    try:
        figures = await tables.read_held(held, city)
    except Problem:
        return await check_page(page, held, city)
    stated = read_totals(form, list(sums_by_kind(figures.counts)))
    name, why = form["save_as"].strip(), form["why"].strip()
    fit = len(name) <= LONGEST_NAME and name.isprintable()
    form.require(fit, "save_as", f"Enter a name of up to {LONGEST_NAME} characters")
    differences = tables.all_differences(figures, stated)
    if differences and not LEAST_WHY <= len(why) <= MOST_WHY:
        form.add_error("why", difference_sentence(differences))
    if form.errors:
        page.add(differences=differences)
        return await check_page(page, held, city)
    notes = tables.check_notes(figures, stated, differences, why)
    try:
        lines = await page.load(tables.import_held, held, page.person.id, notes, name)
    except Problem as refused:
        field = "save_as" if refused.code == "mapping.exists" else ""
        form.refuse(refused, [(field, refused.sentence)])
        page.add(differences=differences)
        return await check_page(page, held, city)
    page.form = Form()
    return await imports_page(page.add(imported=lines))


def read_totals(form: Form, kinds: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The totals that were typed; an error at each that is no number."""
    stated = {}
    for at, kind in enumerate(kinds):
        text = form[total_field(at)].strip()
        number = whole_number(text.replace(",", ""))
        form.require(number is not None or not text, total_field(at), "Enter a number in digits")
        if number is not None:
            stated[kind] = number
    return stated


def difference_sentence(differences: list[Difference]) -> str:
    first = differences[0]
    more = f", and {len(differences) - 1:,} more" if len(differences) > 1 else ""
    return (
        f"A total differs ({first.what}: stated {first.stated:,}, read {first.read:,}{more}). "
        f"Correct what was matched, or say why, in {LEAST_WHY} to {MOST_WHY} characters"
    )


@post(f"{TABLE}/delete")
async def delete_table(page: FromPage, ident: HeldId) -> Redirect:
    held, _ = await load_held(page, ident)
    async with page.write("table let go", held.file) as connection:
        await mappings.delete_held(connection, held.id)
    return page.to("/work/files", "let-go")


async def mappings_page(page: FromPage) -> Template:
    return page.show("data/mappings", saved=await page.load(mappings.load_saved))


@get(f"{MAPPINGS}/{{number:int}}/mapping.toml")
async def download_mapping(page: FromPage, number: RowNumber) -> Response[bytes]:
    """A saved mapping as a small file, which another installation can take in."""
    saved = await page.load(mappings.get_saved, number)
    headers = {"Content-Disposition": 'attachment; filename="mapping.toml"'}
    return Response(write_mapping(saved.mapping), media_type="application/toml", headers=headers)


@post(MAPPINGS, request_max_body_size=MOST_BYTES)
async def take_in_mapping(page: FromPage) -> Response[Any]:
    file, content = await read_file(page.request)
    form, name = page.form, page.form["name"].strip()
    fit = 1 <= len(name) <= LONGEST_NAME and name.isprintable()
    form.require(fit, "name", f"Enter a name of 1 to {LONGEST_NAME} characters")
    form.require(content, "file", "Choose a file that is not empty")
    if not form.errors:
        try:
            mapping = words.for_next_file(read_mapping(file, content))
            async with page.write("mapping taken in", name) as connection:
                await mappings.insert_saved(connection, name, mapping, page.person.id)
            return page.to(MAPPINGS, "taken-in")
        except Problem as refused:
            field = "name" if refused.code == "mapping.exists" else "file"
            form.refuse(refused, [(field, refused.sentence)])
    return await mappings_page(page)


@post(f"{MAPPINGS}/delete")
async def delete_mapping(page: FromPage) -> Redirect:
    saved = await page.load(mappings.get_saved, page.form.number("id") or 0)
    async with page.write("mapping deleted", saved.name) as connection:
        await mappings.delete_saved(connection, saved.id)
    return page.to(MAPPINGS, "deleted")


PAGES = [
    StaffPage(
        [
            show_columns,
            save_columns,
            show_words,
            save_words,
            show_check,
            import_table,
            delete_table,
        ],
        linked_from="/work/files",
        group="Data",
    ),
    StaffPage(
        [get(MAPPINGS)(mappings_page), download_mapping, take_in_mapping, delete_mapping],
        linked_from="/work/files",
        group="Data",
    ),
]
