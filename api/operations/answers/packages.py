"""Writes a survey with its answers as a ZIP, while it is read, from one snapshot."""

import contextlib
import hashlib
from collections.abc import AsyncGenerator

import msgspec

from api import clock
from api.operations.exports.exports import turns
from api.operations.exports.streams import ZipEntry, read_ahead, write_zip
from survey.store import places
from survey.store.answers import entries as entry_store
from survey.store.answers import packages
from survey.store.database import Connection, Database
from survey.store.surveys import instruments, limits
from survey.surveys import sharing
from survey.surveys.instruments import Instrument
from survey.surveys.refusals import unknown_instrument

BATCH = 500
LARGE = 1 << 62  # cells: sizes of entries are not known before


async def stream_package(database: Database, slug: str) -> AsyncGenerator[bytes]:
    """The bytes of a package of a survey, all of one moment.

    Whoever takes nothing for a minute loses the rest, as with other exports.
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
        """Every file of the package, the manifest last: it has the digests of the others."""
        files = [
            msgspec.json.decode(line, type=packages.MovedFile)
            async for lines in packages.read_lines(self.connection, "files", self.slug, BATCH)
            for line in lines
        ]
        return [
            ZipEntry(sharing.SETUP, self.write_setup),
            *(
                ZipEntry(f"{part}.jsonl", lambda part=part: self.write_rows(part))  # type: ignore[misc]
                for part in sharing.PARTS
            ),
            *(
                ZipEntry(f"{sharing.FILES_FOLDER}{one.id}", lambda one=one: self.write_file(one.id))  # type: ignore[misc]
                for one in files
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
