"""A survey for whoever takes it away: answers as files or an OData feed, or all as a package.

An export takes the same memory for a hundred answers and for a million. Rows are read a batch at a
time, from one snapshot; the next batch is read while one is written and the one before it is sent.
A feed gives a page of rows at a time, from where the last ended. A package is a ZIP that another
installation takes in.
"""

import asyncio
import contextlib
import datetime
import hashlib
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain

import msgspec

from api import clock
from api.operations.exports import answer_tables, binary_formats, text_formats
from api.operations.exports.streams import ZipEntry, read_ahead, write_zip
from api.operations.exports.text_formats import ExportFormat
from api.operations.exports.typed_tables import TypedTables, type_of
from api.security.keyring import Keyring
from api.security.limits import AnyRequest
from api.security.requests import site_address
from survey.formats.dictionary import VariableType, plain_names
from survey.formats.odata import Comparison, EntitySet, Property, unknown_set, unsupported_filter
from survey.store import places
from survey.store.answers import counts, packages
from survey.store.answers import entries as entry_store
from survey.store.answers.counts import FeedPosition, FeedResponse
from survey.store.database import Connection, Database
from survey.store.surveys import instruments, limits
from survey.surveys import sharing
from survey.surveys.instruments import Instrument
from survey.surveys.instruments.versions import AsAnswered, HarmonisedVersions
from survey.surveys.refusals import unknown_instrument

PAGE = 1_000  # responses
ID, BOROUGH, WEEK = "id", "borough", "week"
FIXED: dict[str, tuple[VariableType, str]] = {
    ID: ("text", "Response"),
    "version": ("whole", answer_tables.HEADS["version"]),
    "mode": ("text", answer_tables.HEADS["mode"]),
    "area": ("text", "Code of the borough"),
    BOROUGH: ("text", answer_tables.HEADS["area"]),
    "language": ("text", answer_tables.HEADS["language"]),
    "day": ("day", answer_tables.HEADS["day"]),
    WEEK: ("day", "Week from Monday"),
}
LONGEST_PROPERTY = 128
TYPES: dict[VariableType, type] = {"text": str, "whole": int, "number": int, "day": datetime.date}
FORMATS: dict[str, ExportFormat] = {
    export_format.name: export_format
    for export_format in (
        binary_formats.XLSX,
        text_formats.CSV,
        binary_formats.SPSS,
        binary_formats.STATA,
        text_formats.R,
        binary_formats.PARQUET,
        text_formats.JSON,
    )
}
AT_ONCE = 3  # each holds a connection until its reader has everything
BATCH = 500
LARGE = 1 << 62  # cells: sizes of entries are not known before


class FeedQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows of a feed are asked for: filtered, from where on, and how many at most."""

    filters: tuple[Comparison, ...] = ()
    skip: int = 0
    most: int | None = None
    after: FeedPosition | None = None


class FeedToken(msgspec.Struct, frozen=True):
    """Where the next page of a feed begins; sealed, since it holds an id and an hour."""

    after: FeedPosition
    most: int | None


class FeedPage(msgspec.Struct, frozen=True):
    """Some rows of a feed, and where the next page begins; `next` is None on the last page."""

    rows: list[dict[str, object]]
    next: FeedToken | None


class AnswerFeed:
    """The entity sets of a survey: its responses, and the rounds of each repeat; in words."""

    def __init__(self, harmony: HarmonisedVersions, areas: Mapping[str, str]) -> None:
        self.tables = TypedTables(harmony, areas)
        self.areas = areas
        self.labels = answer_tables.labels_by_question(harmony, areas)
        repeats = plain_names((name for name, _ in self.tables.repeats.values()), LONGEST_PROPERTY)
        self.table_of = {"Answers": answer_tables.ANSWERS} | {
            f"Answers_{name}": table
            for name, table in zip(repeats, self.tables.repeats, strict=True)
        }

    def entity_sets(self) -> list[EntitySet]:
        return [self.entity_set(name) for name in self.table_of]

    def entity_set(self, name: str) -> EntitySet:
        table = self.table_of.get(name)
        if table is None:
            raise unknown_set(name)
        fixed = (
            FIXED
            if table == answer_tables.ANSWERS
            else {
                ID: FIXED[ID],
                answer_tables.ROUND: ("whole", answer_tables.HEADS[answer_tables.ROUND]),
            }
        )
        columns = self.tables.question_columns(table)
        codes = self.tables.codes(table)[len(self.tables.fixed_columns(table)) :]
        names = plain_names([*fixed, *codes], LONGEST_PROPERTY)
        described = [
            *fixed.values(),
            *(
                (type_of(self.tables.items[column.name], column)[0], column.head(self.labels))
                for column in columns
            ),
        ]
        properties = [
            Property(n, *description) for n, description in zip(names, described, strict=True)
        ]
        key = (ID,) if table == answer_tables.ANSWERS else (ID, answer_tables.ROUND)
        return EntitySet(name, key, tuple(properties))

    def rows(
        self, name: str, responses: Sequence[FeedResponse], keyring: Keyring
    ) -> Iterator[dict[str, object]]:
        """The rows of an entity set that come from these responses."""
        table = self.table_of[name]
        names = [field.name for field in self.entity_set(name).properties]
        reader = answer_tables.CellReader(self.tables, table)
        idents = [
            keyring.request_mark(b"feed " + response.id.bytes).hex()[:24] for response in responses
        ]
        if table != answer_tables.ANSWERS:
            for number, place, cells in reader.round_rows(
                response.response for response in responses
            ):
                yield dict(zip(names, [idents[number - 1], place, *cells], strict=True))
            return
        made = reader.response_rows(response.response for response in responses)
        for ident, (_, _, _, parts), feed_response in zip(idents, made, responses, strict=True):
            row = [ident, *self.fixed_cells(feed_response), *chain.from_iterable(parts)]
            yield dict(zip(names, row, strict=True))

    def fixed_cells(self, response: FeedResponse) -> list[object]:
        given = response.response
        week = given.day - datetime.timedelta(days=given.day.weekday())
        return [given.version, given.mode, given.area, self.areas.get(given.area, given.area),
                given.language, given.day, week]  # fmt: skip

    def stored_filters(self, filters: Sequence[Comparison]) -> tuple[Comparison, ...]:
        """The filters in terms of the stored columns; raises if a filter is not on a column of
        responses.
        """
        return tuple(self.stored_filter(comparison) for comparison in filters)

    def stored_filter(self, comparison: Comparison) -> Comparison:
        if (
            comparison.name not in FIXED
            or comparison.name == ID
            or not isinstance(comparison.value, TYPES[FIXED[comparison.name][0]])
        ):
            raise unsupported_filter()
        if comparison.name != BOROUGH:
            return comparison
        if comparison.operator not in ("eq", "ne"):
            raise unsupported_filter()
        code = next((code for code, name in self.areas.items() if name == comparison.value), "")
        return Comparison("area", comparison.operator, code)


def feed_address(request: AnyRequest, slug: str) -> str:
    return f"{site_address(request)}/api/v1/odata/{slug}"


async def load_feed(connection: Connection, slug: str) -> AnswerFeed:
    versions = await instruments.load_history(connection, slug)
    if not versions:
        raise unknown_instrument(slug[:60])
    areas = {area.code: area.name for area in (await places.get_city(connection)).areas}
    return AnswerFeed(HarmonisedVersions(versions), areas)


async def read_page(
    connection: Connection,
    slug: str,
    feed: AnswerFeed,
    name: str,
    query: FeedQuery,
    keyring: Keyring,
) -> FeedPage:
    """The next rows of an entity set; the rows of one response are never split between two
    pages.
    """
    responses = await counts.read_feed(
        connection, slug, filters=query.filters, after=query.after, skip=query.skip, limit=PAGE + 1
    )
    rows = [*feed.rows(name, responses[:PAGE], keyring)]
    left = None if query.most is None else query.most - len(rows)
    if left is not None and left <= 0:
        return FeedPage(rows[: query.most], None)
    more = len(responses) > PAGE
    return FeedPage(rows, FeedToken(responses[PAGE - 1].position, left) if more else None)


turns = asyncio.Semaphore(AT_ONCE)


class WantedExport(msgspec.Struct, frozen=True, kw_only=True):
    """Which answers to export, in which of `FORMATS`, in words or as codes; under today's names and
    options, or under those of each version (`as_answered`).

    With `every_table`, there is a table for each repeat besides the table of responses.
    """

    slug: str
    format: str = "csv"
    words: bool = False
    as_answered: bool = False
    every_table: bool = False


async def stream_export(database: Database, wanted: WantedExport) -> AsyncGenerator[bytes]:
    """The bytes of an export of every response at one moment: without free text, and in no order
    within the hour.

    A client that takes no bytes for a minute does not get the rest.
    """
    async with turns, contextlib.aclosing(read_ahead(write_export(database, wanted))) as parts:
        async for part in parts:
            yield part


async def write_export(database: Database, wanted: WantedExport) -> AsyncGenerator[bytes]:
    # Of what comes meanwhile, batches would show some and miss some: ids are random in an hour.
    async with (
        database.connection() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        versions = await instruments.load_history(connection, wanted.slug)
        if not versions:
            raise unknown_instrument(wanted.slug[:60])
        chosen = FORMATS[wanted.format]
        areas = {area.code: area.name for area in (await places.get_city(connection)).areas}
        harmony = AsAnswered(versions) if wanted.as_answered else HarmonisedVersions(versions)
        tables = chosen.tables(harmony, areas, words=wanted.words and chosen.has_words)
        write = FORMATS[wanted.format].write
        writing = write(connection, wanted.slug, tables, wanted.every_table)
        async with contextlib.aclosing(writing) as parts:
            async for part in parts:
                yield part


async def stream_package(database: Database, slug: str) -> AsyncGenerator[bytes]:
    """The bytes of a package of a survey, with everything as it was at one moment.

    A client that takes no bytes for a minute does not get the rest, as with other exports.
    """
    async with turns, contextlib.aclosing(read_ahead(write_package(database, slug))) as parts:
        async for part in parts:
            yield part


async def write_package(database: Database, slug: str) -> AsyncGenerator[bytes]:
    async with (
        database.connection() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        versions = await instruments.load_history(connection, slug)
        if not versions:
            raise unknown_instrument(slug[:60])
        package = PackageWriter(connection, slug, versions)
        entries = await package.entries()
        async with contextlib.aclosing(write_zip(entries, LARGE)) as parts:
            async for part in parts:
                yield part


class PackageWriter:
    """The files of a package, each read and digested when it is its turn."""

    def __init__(self, connection: Connection, slug: str, versions: list[Instrument]) -> None:
        self.connection, self.slug, self.versions = connection, slug, versions
        self.written: list[sharing.PackageEntry] = []
        self.answers = 0

    async def entries(self) -> list[ZipEntry]:
        """Every file of the package; the manifest comes last, as it has the digests of the other
        files.
        """
        files = [
            msgspec.json.decode(line, type=packages.MovedFile)
            async for lines in packages.read_lines(self.connection, "files", self.slug, BATCH)
            for line in lines
        ]
        return [
            ZipEntry(sharing.SETUP, self.write_setup),
            *(ZipEntry(f"{part}.jsonl", partial(self.write_rows, part)) for part in sharing.PARTS),
            *(
                ZipEntry(f"{sharing.FILES_FOLDER}{file.id}", partial(self.write_file, file.id))
                for file in files
            ),
            ZipEntry(sharing.MANIFEST, self.write_manifest),
        ]

    async def write_setup(self) -> AsyncGenerator[bytes]:
        setup = await load_setup(self.connection, self.slug, self.versions)
        content = msgspec.json.format(msgspec.json.encode(setup), indent=1)
        self.record(sharing.SETUP, hashlib.sha256(content).hexdigest())
        yield content

    async def write_rows(self, part: str) -> AsyncGenerator[bytes]:
        digest = hashlib.sha256()
        async for lines in packages.read_lines(self.connection, part, self.slug, BATCH):
            content = "".join(f"{line}\n" for line in lines).encode()
            digest.update(content)
            self.answers += len(lines) if part == "answers" else 0
            yield content
        self.record(f"{part}.jsonl", digest.hexdigest())

    async def write_file(self, ident: str) -> AsyncGenerator[bytes]:
        body = await packages.find_file(self.connection, ident)
        self.record(f"{sharing.FILES_FOLDER}{ident}", hashlib.sha256(body).hexdigest())
        yield body

    async def write_manifest(self) -> AsyncGenerator[bytes]:
        manifest = sharing.PackageManifest(
            format=sharing.FORMAT,
            format_version=sharing.FORMAT_VERSION,
            slug=self.slug,
            city=(await places.get_city(self.connection)).name,
            made_on=clock.today(),
            answers=self.answers,
            texts_left_out=await packages.count_unread_texts(self.connection, self.slug),
            files_left_out=await packages.count_unscanned_files(self.connection, self.slug),
            answers_left_out=await packages.count_held_answers(self.connection, self.slug),
            entries=self.written,
        )
        yield msgspec.json.format(msgspec.json.encode(manifest), indent=1)

    def record(self, name: str, sha256: str) -> None:
        self.written.append(sharing.PackageEntry(name, sha256))


async def load_setup(
    connection: Connection, slug: str, versions: list[Instrument]
) -> sharing.SurveySetup:
    """Every version of a survey, and what its organiser has set."""
    stored = await packages.find_settings(connection, slug)
    limited = await limits.find(connection, slug)
    form = await entry_store.find_paper_settings(connection, slug)
    return sharing.SurveySetup(
        versions=versions,
        closed=await packages.is_closed(connection, slug),
        shown=stored.shown if stored else {},
        password_hash=stored.password_hash if stored else "",
        embedded_by=stored.embedded_by if stored else [],
        logo=stored.logo if stored else None,
        asks_proof=bool(stored and stored.asks_proof),
        limits=sharing.MovedLimits(limited.opens, limited.closes, limited.one_each)
        if limited
        else None,
        send_to=form.send_to,
        twice=form.twice,
    )
