"""`rotate-keys`: a new key for the addresses of who complained; the old one opens nothing more."""

from pathlib import Path

import click

from api import opening
from api.commands.serve import data_option
from api.keys import KEYS, Keyring, kept, keyring_of, named, new_key, write
from api.settings import Settings
from survey.problems import Conflict
from survey.store.database import Connection


@click.command("rotate-keys")
@data_option
def rotate_keys(data: Path | None) -> None:
    """Seal the addresses of who complained under a new key.

    Stop `serve` and `worker` first: they go on with the key that they began with. Where the keys
    come from SOUNDINGS_CONTACT_KEYS, put a new one in front, start both again, then run this: it
    seals everything under the first one and says which are needed no more.

    It may be stopped at any moment and run again: every address can be opened all the while.
    """
    with opening.configured(data) as settings:
        for line in opening.run(rotated(settings)):
            click.echo(line)


async def rotated(settings: Settings) -> list[str]:
    async with opening.opened(settings) as database, database.connection() as connection:
        if settings.contact_keys:
            return await under_the_first(connection, settings)
        return await under_a_new_one(connection, settings)


async def under_the_first(connection: Connection, settings: Settings) -> list[str]:
    """The keys stand in the environment, where only the operator can change them."""
    told = await sealed_anew(connection, keyring_of(settings))
    older = len(named(settings.contact_keys)) - 1
    if older:
        told.append(f"Take the other {older} out of SOUNDINGS_CONTACT_KEYS; the first is enough.")
    return told


async def under_a_new_one(connection: Connection, settings: Settings) -> list[str]:
    """The file holds both keys before the first seal changes, and until the last has changed."""
    from survey.store import database

    if await database.others(connection):
        raise Conflict(
            "keys.in_use",
            "Something else is connected to this database.",
            "Stop `serve` and `worker` first: they would go on using the old key.",
        )
    file = settings.data / KEYS
    keys = [new_key(), *named(kept(file, new_key()))]
    write(file, "\n".join(keys))
    told = await sealed_anew(connection, Keyring(keys))
    write(file, keys[0])
    return [*told, f"{file} contains the new key; keep a copy apart from the backups."]


async def sealed_anew(connection: Connection, keyring: Keyring) -> list[str]:
    """Every contact and every draft of one under the first key, or none; what was done."""
    from survey.store import case_owners

    done = closed = 0
    async with connection.transaction():
        async for one in case_owners.contacts(connection):
            if not keyring.opens(one.sealed):
                closed += 1
                continue
            sealed = keyring.renewed(one.sealed)
            await case_owners.put_contact(connection, one.complaint, sealed, by_mail=one.by_mail)
            done += 1
        for draft in await case_owners.drafts(connection):
            if keyring.opens(draft.contact.encode()):
                sealed = keyring.renewed(draft.contact.encode())
                await case_owners.put_draft(connection, draft.key_digest, sealed.decode())
    told = [f"{done:,} addresses are encrypted with the new key."]
    if closed:
        told.append(f"{closed:,} cannot be decrypted with the keys given, and were left unchanged.")
    return told
