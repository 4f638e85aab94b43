"""The upkeep of what is stored: `erase`, `rotate-keys`, `sums` and `archive`."""

import sys
from pathlib import Path

import click

from api import bootstrap
from api.commands.serving.serve import data_option
from api.process.installation import check_archive
from api.security.keyring import (
    KEYS_FILE,
    Keyring,
    keyring_from_settings,
    new_key,
    parse_keys,
    read_or_create_secret,
    write_private_file,
)
from api.settings import Settings
from survey.problems import Conflict
from survey.store.database import Connection


@click.command()
@click.argument("reference")
@data_option
def erase(reference: str, data: Path | None) -> None:
    """Erase the response or complaint with this REFERENCE: answers, words, codes and events.

    Where its words were used as an example for a theme, they are removed from the codebook too.
    Existing editions do not change; later ones no longer count it. The audit log records that
    something was erased, but not what. Backups made before hold it until they are replaced.
    """
    what = bootstrap.run_with_settings(erase_and_note, data, reference.strip().upper())
    if what is None:
        raise click.ClickException(f"Nothing has the reference {reference}.")
    click.echo(f"The {what} has been erased.")


async def erase_and_note(settings: Settings, reference: str) -> str | None:
    from api.operations import cases as case_commands
    from survey.store.accounts import people

    async with (
        bootstrap.connect(settings) as database,
        database.connection() as connection,
        connection.transaction(),
    ):
        what = await case_commands.erase_reference(connection, reference)
        if what is not None:
            await people.append_audit(connection, f"{what} erased", "by its reference", by=None)
    return what


@click.command("rotate-keys")
@data_option
def rotate_keys(data: Path | None) -> None:
    """Encrypt with a new key: addresses of people who complained, words and files of their cases.

    Stop `serve` and `worker` first: they continue with the key they started with. If the keys
    come from SOUNDINGS_CONTACT_KEYS, put a new one first, start both again, then run this: it
    encrypts everything with the first key and says which keys are no longer needed.

    It may be stopped at any moment and run again: everything can be decrypted throughout.
    """
    for line in bootstrap.run_with_settings(reseal_all, data):
        click.echo(line)


async def reseal_all(settings: Settings) -> list[str]:
    async with bootstrap.connect(settings) as database, database.connection() as connection:
        if settings.contact_keys:
            return await reseal_under_first_key(connection, settings)
        return await reseal_under_new_key(connection, settings)


async def reseal_under_first_key(connection: Connection, settings: Settings) -> list[str]:
    """Encrypt contacts and cases again with the first of the keys, which only the operator can
    change. Returns what was done, in lines for the operator.
    """
    keyring = keyring_from_settings(settings)
    lines = await reseal_contacts(connection, keyring)
    lines.append(await reseal_cases(connection, keyring))
    older = len(parse_keys(settings.contact_keys)) - 1
    if older:
        lines.append(f"Take the other {older} out of SOUNDINGS_CONTACT_KEYS; the first is enough.")
    return lines


async def reseal_under_new_key(connection: Connection, settings: Settings) -> list[str]:
    """Encrypt with a new key; the file holds both keys from before the first change until the
    last.
    """
    from survey.store import database

    if await database.count_other_connections(connection):
        raise keys_in_use()
    file = settings.data / KEYS_FILE
    keys = [new_key(), *parse_keys(read_or_create_secret(file, new_key()))]
    write_private_file(file, "\n".join(keys))
    lines = await reseal_contacts(connection, Keyring(keys))
    lines.append(await reseal_cases(connection, Keyring(keys)))
    # Only after the commit: until then some contacts open with the old key alone.
    write_private_file(file, keys[0])
    return [*lines, f"{file} contains the new key; keep a copy apart from the backups."]


keys_in_use = Conflict.of(
    "keys.in_use",
    "Something else is connected to this database.",
    "Stop `serve` and `worker` first: they would go on using the old key.",
)


async def reseal_cases(connection: Connection, keyring: Keyring) -> str:
    """Encrypt the words and files of every case with the first key, case by case."""
    from survey.store.cases import sealed_words

    cases = await sealed_words.load_cases(connection)
    # Not all at once: files may take minutes, and each case can be opened with either key.
    for complaint in cases:
        async with connection.transaction():
            await sealed_words.reseal_case(connection, complaint, keyring)
    return f"The words and files of {len(cases):,} cases are encrypted with the new key."


async def reseal_contacts(connection: Connection, keyring: Keyring) -> list[str]:
    """Encrypt all contacts, in drafts too, with the first key: all or none. Returns what was
    done.
    """
    from api.pages.resident.questionnaire import drafts
    from survey.store.cases import case_owners

    done = closed = 0
    async with connection.transaction():
        async for contact in case_owners.iterate_contacts(connection):
            if not keyring.opens(contact.sealed):
                closed += 1
                continue
            sealed = keyring.reseal(contact.sealed)
            await case_owners.save_contact(
                connection, contact.complaint, sealed, by_mail=contact.by_mail
            )
            done += 1
        for saved in await case_owners.load_saved_drafts(connection):
            if sealed_again := drafts.reseal_saved(keyring, saved.sealed):
                await case_owners.save_sealed_draft(connection, saved.key_digest, sealed_again)
        # What else drafts hold under the old key is given up: it waits for two hours at most.
        for draft in await case_owners.load_draft_contacts(connection):
            if keyring.opens(draft.contact.encode()):
                sealed = keyring.reseal(draft.contact.encode())
                await case_owners.save_draft_contact(connection, draft.key_digest, sealed.decode())
        await reseal_secrets(connection, keyring)
    lines = [f"{done:,} addresses are encrypted with the new key."]
    if closed:
        lines.append(
            f"{closed:,} cannot be decrypted with the keys given, and were left unchanged."
        )
    return lines


async def reseal_secrets(connection: Connection, keyring: Keyring) -> None:
    """Encrypt the keys of phones and the secrets of webhooks with the first key."""
    from survey.store.accounts import programs
    from survey.store.surveys import fieldwork

    for group, sealed in (await fieldwork.load_sealed_keys(connection)).items():
        if keyring.opens(sealed.encode()):
            again = keyring.reseal(sealed.encode()).decode()
            await fieldwork.save_sealed_key(connection, group, again)
    for webhook, sealed in (await programs.load_sealed_secrets(connection)).items():
        if keyring.opens(sealed.encode()):
            again = keyring.reseal(sealed.encode()).decode()
            await programs.save_sealed_secret(connection, webhook, again)


@click.command()
@click.option("--rebuild", is_flag=True, help="Save the sums that were calculated from scratch.")
@click.option("--archive", is_flag=True, help="Calculate closed months from their Parquet files.")
@data_option
def sums(rebuild: bool, archive: bool, data: Path | None) -> None:
    """Rebuild the sums from all answers and compare them with the saved ones.

    Editions read the sums and never the answers. The two agree unless the database was changed by
    hand. With --archive, months that are in the archive are calculated from their files, on the
    cluster of SOUNDINGS_SCHEDULER if there are many answers; the sums are the same.
    """
    with bootstrap.open_settings(data) as settings:
        if archive and not settings.archive:
            raise click.ClickException("Set SOUNDINGS_ARCHIVE to a folder or an address first.")
        if archive:
            check_archive(settings.archive)
        place = settings.archive if archive else ""
        responses, apart = bootstrap.run_async(compare_sums(settings, place, keep=rebuild))
    summary = f"{responses:,} responses. Cells that differ from those stored: {apart:,}."
    click.echo(summary if not rebuild else f"{summary} The sums are calculated again.")
    if apart and not rebuild:
        click.echo("Run it with --rebuild to save the sums calculated from scratch.")
        sys.exit(1)


async def compare_sums(settings: Settings, place: str, *, keep: bool) -> tuple[int, int]:
    """How many responses there are, and how many cells differ; `keep` saves the new sums.

    Months that are written at `place` are calculated from their files.
    """
    from survey.store.answers import sums as store

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        # By hand: a comparison ends without an error, and is rolled back all the same.
        transaction = connection.transaction()
        await transaction.start()
        await store.lock_sums(connection)
        # What still waits is added first, or it would count as a difference.
        while await store.sum_batch(connection, 500):
            pass
        before = {cell.alike: cell for cell in await store.load_all(connection)}
        responses = await rebuild_sums(connection, place)
        after = {cell.alike: cell for cell in await store.load_all(connection)}
        await (transaction.commit() if keep else transaction.rollback())
    return responses, sum(before.get(key) != after.get(key) for key in before.keys() | after.keys())


async def rebuild_sums(connection: Connection, place: str) -> int:
    """Rebuild all sums; returns how many responses they count."""
    from api.operations import closed_months
    from survey.store.answers import sums as store

    if not place:
        return await store.rebuild(connection)
    counts = await closed_months.rebuild_sums(connection, place)
    click.echo(f"Months calculated from the archive: {counts.months:,}.")
    return counts.responses


@click.command()
@data_option
def archive(data: Path | None) -> None:
    """Write each month that is over as Parquet, where SOUNDINGS_ARCHIVE says, and list all months.

    Only what an edition needs: groups of people, borough, days of a week, how they were drawn and
    their agreement, never words, references or hours. The worker does the same every working day,
    and within minutes for a month of which an answer was erased or corrected. The files hold single
    answers: store them as safely as the database.
    """
    with bootstrap.open_settings(data) as settings:
        if not settings.archive:
            raise click.ClickException("Set SOUNDINGS_ARCHIVE to a folder or an address first.")
        check_archive(settings.archive)
        bootstrap.run_async(write_closed_months(settings))


async def write_closed_months(settings: Settings) -> None:
    from api import clock
    from api.operations import closed_months
    from survey.store.answers import archive_months

    more = True
    async with bootstrap.connect(settings) as database:
        while more:
            async with database.connection() as connection, connection.transaction():
                more = await closed_months.update_archive(
                    connection, settings.archive, clock.today()
                )
        async with database.connection() as connection:
            written = await archive_months.load_months(connection)
    for month in written:
        where = "" if month.place == settings.archive else f", in {month.place}"
        click.echo(
            f"{month.month:%B %Y}: {month.persons:,} people, files: {len(month.files):,}, "
            f"written on {month.written_on:%-d %b %Y}{where}."
        )
    click.echo(f"Closed months that are written: {len(written):,}.")
