"""Every row of every table as text, to look for what must not be there."""

import re


async def rows_of(connection):
    """Table and row, each value written out; binary ones as hexadecimal digits."""
    tables = await connection.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    )
    for (table,) in tables:
        for row in await connection.fetch(f'SELECT t::text AS told FROM "{table}" t'):
            yield table, row["told"]


def is_in(planted, told):
    """Whether the words stand in a text, as written or within bytes."""
    small = told.lower()
    return planted.lower() in small or planted.encode().hex() in small


async def found_in_tables(connection, planted):
    """Where any of the planted words stands, by table."""
    return {
        (table, words)
        async for table, told in rows_of(connection)
        for words in planted
        if is_in(words, told)
    }


def found_in_files(folder, planted):
    """The same for every file below a folder."""
    return {
        (str(file.relative_to(folder)), words)
        for file in folder.rglob("*")
        if file.is_file()
        for told in [file.read_bytes()]
        for words in planted
        if re.search(re.escape(words.encode()), told, re.IGNORECASE)
    }


async def told_to_the_minute(connection):
    """Columns of times that are not kept to the hour, of the rows that are there."""
    columns = await connection.fetch(
        """
        SELECT table_name, column_name FROM information_schema.columns
         WHERE table_schema = 'public' AND data_type = 'timestamp with time zone'
        """
    )
    return {
        f"{table}.{column}"
        for table, column in columns
        if await connection.fetchval(
            f'SELECT EXISTS (SELECT FROM "{table}"'
            f' WHERE "{column}" <> date_trunc(\'hour\', "{column}"))'
        )
    }
