"""Takes in a survey with its answers from another installation: all of it, or nothing.

Whatever is here already stays as it is, so the same package may be taken in again. A dry run does
all of it and then undoes it.
"""

import hashlib
import itertools
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO

import anyio.to_thread
import msgspec

from api import clock
from api.operations import survey_rights
from api.operations.exports import load_setup
from api.security.people import Person, is_own_hash
from survey.formats.expressions import logic as expressions
from survey.store import jobs, places, surveys
from survey.store.accounts import people
from survey.store.answers import entries, erasure, limited_responses, packages
from survey.store.answers.entries import PaperSettings
from survey.store.database import Connection, Database
from survey.store.surveys import instruments, limits, sharing
from survey.surveys.instruments import Instrument, and_list, check_instrument
from survey.surveys.item_types.answers import Answers, DayAndCity
from survey.surveys.ready import COMPLAINT
from survey.surveys.refusals import bad_instrument
from survey.surveys.responses import MISSING, validate_item
from survey.surveys.sharing import (
    FILES_FOLDER,
    FORMAT,
    FORMAT_VERSION,
    MANIFEST,
    PARTS,
    SETUP,
    PackageManifest,
    Quota,
    SurveySetup,
    UnpackedSurvey,
    costly_password,
    damaged_package,
    large_package,
    newer_package,
    other_answers,
    other_city,
    other_version,
    package_without_owner,
    parse_origin,
    settings_in_words,
    unknown_owner,
)

BATCH = 500
PART = 1 << 18
LONGEST_LINE = 4_000_000  # of one row
MOST_MANIFEST = 50_000_000
MOST_FILE = 32_000_000


class WantedUnpacking(msgspec.Struct, frozen=True, kw_only=True):
    """How a package is to be taken in: by whom (None is the operator), whose the survey will be if
    it is new here, and whether this is only a trial. With `quarantine`, its files wait for the
    virus scanner.
    """

    by: Person | None
    owner: Person | None
    dry_run: bool
    quarantine: bool


class SentAnswers(msgspec.Struct, frozen=True):
    """The answers of one person, and the version that they are to."""

    version: int
    answers: Answers


class UndoneTrial(Exception):
    """Raised at the end of a dry run to undo all that it stored."""


def check_package(content: IO[bytes], most_bytes: int) -> tuple[zipfile.ZipFile, PackageManifest]:
    """A package whose every file has the digest that its manifest says; raises otherwise."""
    try:
        package = zipfile.ZipFile(content)
        if sum(file.file_size for file in package.infolist()) > most_bytes:
            raise large_package()
        manifest = read_manifest(package)
        check_digests(package, manifest)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, OSError, EOFError) as wrong:
        raise damaged_package("it is not a ZIP that can be read to its end") from wrong
    return package, manifest


def read_manifest(package: zipfile.ZipFile) -> PackageManifest:
    with package.open(MANIFEST) as opened:
        content = opened.read(MOST_MANIFEST)
    try:
        manifest = msgspec.json.decode(content, type=PackageManifest)
    except msgspec.DecodeError as wrong:
        raise damaged_package(f"its {MANIFEST} cannot be read") from wrong
    if manifest.format != FORMAT:
        raise damaged_package(f"its {MANIFEST} is of something else")
    if manifest.format_version > FORMAT_VERSION:
        raise newer_package(manifest.format_version)
    return manifest


def check_digests(package: zipfile.ZipFile, manifest: PackageManifest) -> None:
    """Raise unless the package has exactly the files of its manifest, with their digests."""
    names = [entry.name for entry in manifest.entries]
    if sorted([*names, MANIFEST]) != sorted(package.namelist()):
        raise damaged_package("its files are not those that it lists")
    if missing := {SETUP, *(f"{part}.jsonl" for part in PARTS)} - {*names}:
        raise damaged_package(f"{min(missing)} is missing")
    for file in manifest.entries:
        digest = hashlib.sha256()
        with package.open(file.name) as opened:
            while part := opened.read(PART):
                digest.update(part)
        if digest.hexdigest() != file.sha256:
            raise damaged_package(f"{file.name} has another digest")


async def unpack_survey(
    database: Database,
    package: zipfile.ZipFile,
    manifest: PackageManifest,
    wanted: WantedUnpacking,
) -> UnpackedSurvey:
    """Store what is not here yet, erase what was erased elsewhere, and say what was done."""
    done: list[UnpackedSurvey] = []
    try:
        async with database.connection() as connection, connection.transaction():
            done.append(await Unpacking(connection, package, manifest, wanted).run())
            if wanted.dry_run:
                raise UndoneTrial
            by = wanted.by.id if wanted.by else None
            detail = {"answers": done[0].answers_new, "from": manifest.city}
            await people.append_audit(
                connection, "survey moved in", manifest.slug, by=by, detail=detail
            )
    except UndoneTrial:
        pass
    return done[0]


class Unpacking:
    """One package on its way into the database, in one transaction."""

    def __init__(
        self,
        connection: Connection,
        package: zipfile.ZipFile,
        manifest: PackageManifest,
        wanted: WantedUnpacking,
    ) -> None:
        self.connection, self.package = connection, package
        self.manifest, self.wanted, self.slug = manifest, wanted, manifest.slug

    async def run(self) -> UnpackedSurvey:
        try:
            setup = msgspec.json.decode(self.package.read(SETUP), type=SurveySetup)
        except (msgspec.DecodeError, RecursionError) as wrong:
            raise damaged_package(f"its {SETUP} cannot be read") from wrong
        if not setup.versions or any(version.slug != self.slug for version in setup.versions):
            raise damaged_package(f"its {SETUP} is of another survey")
        known = await instruments.load_history(self.connection, self.slug)
        if self.slug == COMPLAINT:
            raise damaged_package("complaints are not moved")
        if not known and self.wanted.owner is None:
            raise package_without_owner()
        versions = await self.publish_versions(setup)
        if not known:
            await self.save_settings(setup)
        # Before any answer is stored, in the order of whoever stores one meanwhile.
        await limits.lock(self.connection, {self.slug})
        await self.check_answers()
        # Quotas are settings, and those of a survey that is here already stay.
        apart = {"files", "quotas"} if known else {"files"}
        new = {part: await self.insert_part(part) for part in PARTS if part not in apart}
        files = await self.insert_files()
        gone = await packages.load_erased_references(self.connection, self.slug)
        for reference in gone:
            await erasure.erase(self.connection, reference)
        history = await instruments.load_history(self.connection, self.slug)
        await limited_responses.recount(self.connection, self.slug, history)
        await jobs.enqueue(self.connection, "code_texts")
        return UnpackedSurvey(
            slug=self.slug,
            is_new=not known,
            versions=versions,
            answers=self.manifest.answers,
            answers_new=new["answers"],
            texts_new=new["texts"],
            files_new=files,
            erased=len(gone),
            manifest=self.manifest,
            other_settings=await self.find_other_settings(setup) if known else [],
            stored=await packages.count_answers(self.connection, self.slug),
        )

    async def publish_versions(self, setup: SurveySetup) -> int:
        """Publish versions that are not here yet; returns how many. Raises if one here differs."""
        here = {
            instrument.version: instrument
            for instrument in await instruments.load_history(self.connection, self.slug)
        }
        published = 0
        actor = self.wanted.by if here else self.wanted.owner
        for version in setup.versions:
            check_instrument(version)
            await survey_rights.claim_slug(self.connection, actor, version)
            if version.version in here:
                if here[version.version] != version:
                    raise other_version(slug=self.slug, version=version.version)
                continue
            # In a thread: expressions are tried out, and one that is refused may cost a moment.
            faults = await anyio.to_thread.run_sync(expressions.faults_of_expressions, version)
            if faults:
                raise bad_instrument(tuple(faults))
            survey = await surveys.find(self.connection, self.slug)
            await instruments.insert(self.connection, version, by=survey.owner if survey else None)
            published += 1
        return published

    async def save_settings(self, setup: SurveySetup) -> None:
        """Save what was set for a survey that is new here."""
        if setup.shown:
            await sharing.save_shown(self.connection, self.slug, setup.shown)
        check_settings(setup)
        if setup.password_hash:
            await sharing.save_password(self.connection, self.slug, setup.password_hash)
        if setup.embedded_by:
            await sharing.save_origins(self.connection, self.slug, setup.embedded_by)
        if setup.logo:
            await sharing.save_logo(self.connection, self.slug, setup.logo)
        if setup.asks_proof:
            await sharing.save_asks_proof(self.connection, self.slug, asks=True)
        if setup.limits:
            given = msgspec.structs.asdict(setup.limits)
            await limits.save(self.connection, self.slug, **given)
        if setup.send_to or setup.twice:
            form = PaperSettings(setup.send_to, setup.twice)
            await entries.save_paper_settings(self.connection, self.slug, form)
        if setup.closed:
            await instruments.set_closed(self.connection, self.slug, closed=True)

    async def find_other_settings(self, setup: SurveySetup) -> list[str]:
        """The settings that differ between this installation and the package, in words."""
        history = await instruments.load_history(self.connection, self.slug)
        here = await load_setup(self.connection, self.slug, history)
        here_quotas = await limits.load_quotas(self.connection, self.slug)
        rows = [line for batch in self.lines("quotas") for line in batch]
        try:
            sent = [msgspec.json.decode(row, type=Quota) for row in rows]
        except msgspec.ValidationError as wrong:
            raise damaged_package("a row of quotas cannot be stored") from wrong
        ours, theirs = settings_in_words(here, here_quotas), settings_in_words(setup, sent)
        return [words for words, value in ours.items() if value != theirs[words]]

    def lines(self, part: str) -> Iterator[list[str]]:
        """The rows of one part of the package, a batch at a time."""
        with self.package.open(f"{part}.jsonl") as opened:
            rows = iter(lambda: opened.readline(LONGEST_LINE), b"")
            while batch := list(itertools.islice(rows, BATCH)):
                try:
                    for line in batch:
                        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
                    yield [line.decode() for line in batch]
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
                    raise damaged_package(f"{part} is not JSON, a row a line") from wrong

    async def check_answers(self) -> None:
        """Raise if answers do not fit their version, are of another city, or clash with others that
        are here.
        """
        versions = await instruments.load_history(self.connection, self.slug)
        around = DayAndCity(clock.today(), await places.get_city(self.connection))
        for lines in self.lines("answers"):
            await anyio.to_thread.run_sync(check_stored_answers, versions, lines, around)
            if await packages.find_unknown_area(self.connection, lines):
                raise other_city(self.manifest.city)
            if await packages.count_foreign(self.connection, self.slug, lines):
                raise other_answers()

    async def insert_part(self, part: str) -> int:
        return sum(
            [
                await packages.insert_lines(self.connection, part, self.slug, lines)
                for lines in self.lines(part)
            ]
        )

    async def insert_files(self) -> int:
        """Store files of answers not here yet; returns how many."""
        new = 0
        for lines in self.lines("files"):
            for line in lines:
                try:
                    file = msgspec.json.decode(line, type=packages.MovedFile)
                    body = self.package.read(f"{FILES_FOLDER}{file.id}")
                except (msgspec.DecodeError, KeyError) as wrong:
                    raise damaged_package("a file that it lists is missing") from wrong
                if len(body) > MOST_FILE:
                    raise damaged_package("a file of it is too large")
                new += await packages.insert_file(
                    self.connection, self.slug, file, body, quarantine=self.wanted.quarantine
                )
        return new


def check_settings(setup: SurveySetup) -> None:
    """Raise if a page of ours would not have saved these settings."""
    # Whoever tries the password, anyone, makes us do the work that the hash asks for.
    if setup.password_hash and not is_own_hash(setup.password_hash):
        raise costly_password()
    if any(parse_origin(origin) != origin for origin in setup.embedded_by):
        raise damaged_package("a website that may show the survey has no address of a website")


def check_stored_answers(
    versions: Sequence[Instrument], lines: Sequence[str], around: DayAndCity
) -> None:
    """Raise if a question does not accept its answer in the package."""
    by_version = {version.version: version for version in versions}
    for line in lines:
        try:
            sent = msgspec.json.decode(line, type=SentAnswers)
        except msgspec.DecodeError as wrong:
            raise damaged_package("a row of answers cannot be stored") from wrong
        if sent.version not in by_version:
            raise damaged_package("an answer is to a version that it does not have")
        for item in by_version[sent.version].all_questions():
            _, faults = validate_item(item, sent.answers, around)
            # Words are elsewhere in the package, and a question may have been passed over.
            for fault in faults:
                if fault.sentence != MISSING:
                    raise damaged_package(f"an answer to {fault.where} {fault.sentence}")


async def find_owner(connection: Connection, email: str) -> Person:
    """The account that a new survey is to belong to; raises if it cannot own one."""
    account = await people.by_email(connection, email)
    if account is None or not account.active or not account.may("organiser"):
        raise unknown_owner(email[:120])
    return Person(account.id, account.email, account.name, account.role)


def unpacking_lines(done: UnpackedSurvey, *, dry_run: bool) -> list[str]:
    """What taking in a package did, or would do, in sentences."""
    would = "would be " if dry_run else ""
    state = "is new here" if done.is_new else "is here already: its settings stay"
    here, added = done.answers - done.answers_new, f"{would}added".capitalize()
    lines = [
        f"The survey {done.slug} {state}.",
        f"Versions {would}added: {done.versions}.",
        f"Answers in the package: {done.answers:,}. {added}: {done.answers_new:,}. "
        f"Here already, or erased: {here:,}.",
        f"Texts {would}added: {done.texts_new:,}. Files {would}added: {done.files_new:,}.",
    ]
    if done.erased:
        lines.append(f"Erased elsewhere and {would}erased here: {done.erased:,}.")
    if done.other_settings:
        words = and_list(done.other_settings)
        lines.append(f"The package has other settings, which were left out: {words}.")
    lines += [
        f"{what}: {number:,}. Pack the survey again later to bring them."
        for what, number in missing_parts(done.manifest)
        if number
    ]
    return [*lines, f"Answers here afterwards: {done.stored:,}."]


def missing_parts(manifest: PackageManifest) -> list[tuple[str, int]]:
    """What a package left out because it was not yet read, scanned or decided on, with the number
    of each.
    """
    return [
        ("Texts that are not in the package, because no machine had read them",
         manifest.texts_left_out),
        ("Files that are not in the package, because no virus scanner had looked at them",
         manifest.files_left_out),
        ("Answers that are not in the package, because they look like spam and nobody had decided",
         manifest.answers_left_out),
    ]  # fmt: skip
