"""A connection to the browser server's database, which reads what that server encrypts."""

import asyncpg

from survey.store import database
from tests.stored.complaint_forms import KEYRING


async def connect_to_site(dsn):
    connection = await asyncpg.connect(dsn, connection_class=database.SealingConnection)
    await database.set_json_codec(connection)
    connection.sealer = KEYRING
    return connection
