"""Every kind of survey in every format: read with the program it is for, and uploaded again."""

import shutil

import msgspec
import pytest
from lxml import etree

from api.operations.answers import submissions
from api.operations.answers.rows import is_read
from api.operations.answers.uploads import read_upload, try_upload
from api.operations.exports import (
    FIXED,
    FORMATS,
    FeedQuery,
    WantedExport,
    load_feed,
    read_page,
    stream_export,
)
from api.operations.exports.answer_tables import (
    ANSWERS,
    HEADS,
    ROW,
    AnswerTables,
    PlaceColumn,
    labels_by_question,
)
from api.operations.exports.text_formats import ListTables
from api.operations.exports.typed_tables import (
    DayColumn,
    NoAnswerColumn,
    NumberColumn,
    NumberedTables,
    TextColumn,
    has_one_of_a_list,
)
from api.pages.organiser.builder.drafts import EMPTY_INSTRUMENT
from api.pages.organiser.builder.publication import next_version
from api.pages.organiser.builder.questions import new_part
from api.security.keyring import Keyring, new_key
from survey.files.sheets import read_table
from survey.formats import readers
from survey.formats.expressions.logic import trial_answers
from survey.formats.odata import render_metadata
from survey.problems import Problem
from survey.store.surveys import instruments
from survey.surveys.instruments import (
    DECLINED,
    ITEM_TYPES,
    WITHHELD,
    Instrument,
    Integer,
    Item,
    Option,
    Repeat,
    SelectMultiple,
    SelectOne,
    Unsupported,
    all_parts,
    check_instrument,
)
from survey.surveys.instruments.drafts import InstrumentDraft, add_part
from survey.surveys.instruments.versions import HarmonisedVersions
from survey.surveys.ready import load_templates
from survey.surveys.responses import Submission
from tests.conftest import roll_back_at_end
from tests.files.exported_tables import LIST_SIGN, READERS, plain_cell, unzip
from tests.files.sample_files import FOLDER
from tests.london import CITY
from tests.stored.answers import end_their_hour, load_answers

KEYRING = Keyring([new_key()])
LEAST_WORKBOOKS = 40
UPLOADED = ("csv", "xlsx")
READABLE = [name for name in FORMATS if name != "r" or shutil.which("Rscript")]


def survey_of_every_type():
    """A question of each type, as the builder adds it, in which one may prefer not to say."""
    draft = InstrumentDraft(instrument=EMPTY_INSTRUMENT)
    for kind in ITEM_TYPES:
        part = Unsupported(name="place", text={"en": "Where?"}, kind="geopoint")
        if kind.builder_label:
            part = new_part(draft, kind.tag(), f"About {kind.type_name()}", ["Red", "Green"])
            part = msgspec.structs.replace(part, may_decline=kind.is_asked)
        draft = add_part(draft, part)
    return msgspec.structs.replace(draft.instrument, slug="every-type", title={"en": "Types"})


def survey_of_hostile_names():
    """Questions that are called as columns of ours are, or as each other but for capitals."""
    colours = tuple(Option(one, {"en": one.title()}) for one in ("red", "green"))
    pick = SelectOne(name="x", text={"en": "Which?"}, options=colours, may_decline=True)
    # Under the names and under the words of our own columns.
    own = {**HEADS, **{name: label for name, (_, label) in FIXED.items()}}
    names = [*own, "day_2", "Day", "a-b", "a.b", "a_b", "q" * 31, "q" * 32, "q" * 60, "q" * 59]
    items = [
        msgspec.structs.replace(pick, name=name, text={"en": own.get(name, f"Which {name}?")})
        for name in names
    ]
    inner = [Integer(name=f"{ROW}_", text={"en": "Row"}), Integer(name="ROW", text={"en": "row"})]
    many = SelectMultiple(name="row.red", text={"en": "Row"}, options=colours)
    items += [
        msgspec.structs.replace(many, name="saw", text={"en": "Saw"}),
        msgspec.structs.replace(pick, name="saw_red"),
        Repeat(name="round-1", text={"en": "Round"}, items=(*inner, many)),
        Repeat(name="ROUND_1", text={"en": "Round"}, items=(Integer(name="n", text={"en": "N"}),)),
    ]
    return Instrument(
        slug="hostile", version=1, mode="open", kind="survey", title={"en": "Hostile"},
        summary={}, items=tuple(items),
    )  # fmt: skip


SURVEYS = [*load_templates(), survey_of_every_type(), survey_of_hostile_names()]
MARKS = {"after-incident": pytest.mark.slow, "hostile": pytest.mark.slow}  # the longest


@pytest.fixture
async def db(connection):
    """As in conftest, at the isolation level of an export."""
    async with roll_back_at_end(connection, "repeatable_read") as one:
        yield one


def answers_to(instrument):
    """The usual answers, the largest, and none where somebody may prefer not to say."""
    few, most = (trial_answers(instrument.items, most=one) for one in (False, True))
    may = {one.name for one in all_parts(instrument.items) if getattr(one, "may_decline", False)}
    yield from (few, most, {name: DECLINED if name in may else few[name] for name in few})


async def store_answers(db, instrument):
    """Store what the survey's own rules let through of its trial answers."""
    await instruments.insert(db.the_connection, instrument)
    for answers in answers_to(instrument):
        sent = dict(answers)
        for _ in range(20):
            try:
                submission = Submission(area="E09000012", answers=sent)
                await submissions.submit_response(db, instrument.slug, submission)
                break
            except Problem as refused:
                wrong = {one.where.partition(".")[0] for one in refused.faults} & {*sent}
                if not wrong:
                    break
                sent = {name: one for name, one in sent.items() if name not in wrong}
    await end_their_hour(db.the_connection, instrument.slug)
    return await load_answers(db.the_connection, instrument.slug)


def expected_cell(column, answer, words, several):
    """What a column holds of an answer, from the answer itself, in words if there are any;
    `several` answers in one cell have this between them, or are a list.
    """
    say = lambda one: words.get(str(one), one)  # noqa: E731
    if isinstance(column, PlaceColumn):
        return answer.index(column.option) + 1 if column.option in (answer or ()) else None
    if column.option:
        return int(column.option in answer) if isinstance(answer, list) else None
    if isinstance(column, NoAnswerColumn):
        return say(answer) if answer in WITHHELD else None
    if isinstance(column, NumberColumn | DayColumn):
        return None if answer is None or answer in WITHHELD else say(answer)
    if not isinstance(answer, list):
        return None if answer is None else say(answer)
    if any(isinstance(one, dict) for one in answer):
        return len(answer)
    return several.join(str(say(one)) for one in answer) or None


def words_of(column, tables, labels):
    """The words that a column has for answers: in a file of numbers, text has none."""
    item = tables.items[column.name]
    listed = isinstance(item, Item) and has_one_of_a_list(item)
    numbered = isinstance(tables, NumberedTables) and isinstance(column, NoAnswerColumn)
    coded = tables.labels is None and isinstance(column, TextColumn) and not listed
    return {} if labels is None or numbered or coded else labels[column.name].answers


def expected_rows(tables, table, stored, labels):
    """The cells of each row of a table after the first, from the answers as they are stored."""
    several = "; " if labels is not None and tables.labels is not None else " "
    several = LIST_SIGN if isinstance(tables, ListTables) else several
    columns = [(one, words_of(one, tables, labels)) for one in tables.question_columns(table)]
    known = {} if labels is None else {**tables.area_names, "open": "Anyone"}
    for one in stored:
        fixed = [known.get(cell, cell) for cell in (one.version, one.mode, one.area, one.language)]
        given = [([*fixed, one.day], one.answers)]
        if table != ANSWERS:
            rounds = one.answers.get(tables.repeats[table][0], [])
            given = [([place], each) for place, each in enumerate(rounds, 1)]
        for before, answers in given:
            cells = [expected_cell(c, answers.get(c.name), words, several) for c, words in columns]
            yield [*map(plain_cell, [*before, *cells])]


def is_cut(found, wanted):
    """Whether a cell says what is wanted, at least as much as SPSS can hold of a label."""
    return found == wanted or (len(found.encode()) > 100 and wanted.startswith(found))


def check_tables(found, tables, stored, labels):
    assert len(found) == len(tables.names)
    for name, (heads, rows) in zip(tables.names, found.values(), strict=True):
        assert len({head.casefold() for head in heads}) == len(heads), (name, heads)
        wanted = sorted(expected_rows(tables, name, stored, labels))
        cells = sorted(row[1:] for row in rows)
        assert len(cells) == len(wanted)
        for got, one in zip(cells, wanted, strict=True):
            differ = [(h, *p) for h, *p in zip(heads[1:], got, one, strict=True) if not is_cut(*p)]
            assert differ == []


def rows_in_order(found, tables):
    """The tables of JSON, which leaves out empty cells, as those of other formats."""
    assert [*found] == tables.names
    return {
        name: (heads, [[plain_cell(row.get(head)) for head in heads] for row in found[name]])
        for name in tables.names
        if (heads := tables.heads(name))
    }


async def check_format(db, instrument, stored, name, folder):
    harmony, form = HarmonisedVersions([instrument]), FORMATS[name]
    areas = {one.code: one.name for one in CITY.areas}
    for words in (True, False) if form.has_words else (False,):
        wanted = WantedExport(slug=instrument.slug, format=name, words=words, every_table=True)
        content = b"".join([part async for part in stream_export(db, wanted)])
        tables = form.tables(harmony, areas, words=words)
        found = READERS[name](content, folder)
        if name == "json":
            found = rows_in_order(found, tables)
        # Files for statistics programs have numbers, and the words for them.
        shown = words or not form.has_words
        labels = labels_by_question(harmony, areas) if shown else None
        check_tables(found, tables, stored, labels)
        if name in UPLOADED:
            await check_upload(db, instrument, stored, content, words=words)


async def check_upload(db, instrument, stored, content, *, words):
    """An export goes back through *Upload answers* as the same answers."""
    table = read_table("answers", unzip(content).get(ANSWERS, content), 100)
    tables = AnswerTables(HarmonisedVersions([instrument]), {}, words=words)
    read = {name for name in tables.columns if is_read(tables.items[name])}
    if not read:
        return  # there is nothing but people's own words, which no export has
    found = await read_upload(db, KEYRING, instrument.slug, table)
    # No export has what people wrote: where it is needed, whoever uploads has it from elsewhere.
    lacks = {(one.row, one.column) for one in found.faults if one.column in tables.texts}
    names = sorted({name for _, name in lacks})
    written = [
        names,
        *(["Words." * ((n, one) in lacks) for one in names] for n in range(2, len(table) + 1)),
    ]
    table = [[*row, *more] for row, more in zip(table, written, strict=True)]
    found = await read_upload(db, KEYRING, instrument.slug, table)
    assert found.faults == []
    sent = [{name: one.answers[name] for name in one.answers if name in read} for one in stored]
    back = [
        {name: one for name, one in arrival.response.answers.items() if name in read}
        for arrival in found.arrivals
    ]
    assert sorted(map(encode_sorted, back)) == sorted(map(encode_sorted, sent))
    assert {one.response.area for one in found.arrivals} == {one.area for one in stored}
    assert (await try_upload(db, found, again=True)).stored == len(stored)


def encode_sorted(answers):
    return msgspec.json.encode(answers, order="sorted")


async def check_feed(db, instrument, stored):
    """The OData feed has each name once, in its metadata and in its rows."""
    async with db.connection() as connection:
        feed = await load_feed(connection, instrument.slug)
        labels = labels_by_question(feed.tables.harmony, feed.areas)
        for kind, table in zip(feed.entity_sets(), feed.tables.names, strict=True):
            names = [one.name for one in kind.properties]
            assert len({name.casefold() for name in names}) == len(names)
            page = await read_page(
                connection, instrument.slug, feed, kind.name, FeedQuery(), KEYRING
            )
            columns = len(feed.tables.question_columns(table))
            rows = [[*map(plain_cell, list(row.values())[-columns:])] for row in page.rows]
            wanted = [row[-columns:] for row in expected_rows(feed.tables, table, stored, labels)]
            assert not columns or sorted(rows) == sorted(wanted)
        etree.fromstring(render_metadata(feed.entity_sets()))


async def check_survey(db, instrument, folder):
    stored = await store_answers(db, instrument)
    for name in READABLE:
        (folder / name).mkdir()
        await check_format(db, instrument, stored, name, folder / name)
    await check_feed(db, instrument, stored)
    return len(stored)


@pytest.mark.parametrize(
    "instrument",
    [pytest.param(one, marks=MARKS.get(one.slug, ()), id=one.slug) for one in SURVEYS],
)
async def test_every_format_holds_the_answers_and_comes_back(db, tmp_path, instrument):
    check_instrument(instrument)
    assert await check_survey(db, instrument, tmp_path) == 3


def publishable_workbooks():
    """Each survey that a workbook of others becomes, by the name of its file."""
    for file in sorted((FOLDER / "xlsform").rglob("*.xls*")):
        try:
            draft = readers.read(file.name, file.read_bytes())
        except Problem:
            continue
        now, faults = next_version(InstrumentDraft(instrument=draft.instrument), [])
        if not faults:
            kept = {"slug": "workbook", "version": 1, "mode": "open", "kind": "survey"}
            yield file.name, msgspec.structs.replace(now, **kept, opens=None, closes=None)


@pytest.mark.long
async def test_every_format_holds_the_answers_to_strangers_surveys(connection, shared, tmp_path):
    wrong, checked = [], 0
    for name, instrument in publishable_workbooks():
        (folder := tmp_path / f"{checked}").mkdir()
        checked += 1
        async with roll_back_at_end(connection, "repeatable_read") as db:
            try:
                stored = await check_survey(db, instrument, folder)
            except AssertionError as failed:
                wrong.append(f"{name}: {failed}")
            else:
                wrong += [] if stored else [f"{name}: nothing could be stored"]
    assert wrong == [], "\n".join(wrong)
    assert checked >= LEAST_WORKBOOKS
