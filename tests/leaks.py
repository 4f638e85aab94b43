"""Searches every row of every table, and files, for text that must not be there."""

import re


async def load_rows_as_text(connection):
    """Each row as text, with its table; binary values as hexadecimal digits."""
    tables = await connection.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    )
    for (table,) in tables:
        for row in await connection.fetch(f'SELECT t::text AS told FROM "{table}" t'):
            yield table, row["told"]


def is_mentioned(planted, text):
    """Whether a text contains these words, as written or as hexadecimal bytes."""
    small = text.lower()
    return planted.lower() in small or planted.encode().hex() in small


async def find_in_tables(connection, planted):
    """Which of the planted words appear in which table."""
    return {
        (table, words)
        async for table, row in load_rows_as_text(connection)
        for words in planted
        if is_mentioned(words, row)
    }


def find_in_files(folder, planted):
    """Which of the planted words appear in which file below a folder."""
    return {
        (str(file.relative_to(folder)), words)
        for file in folder.rglob("*")
        if file.is_file()
        for content in [file.read_bytes()]
        for words in planted
        if re.search(re.escape(words.encode()), content, re.IGNORECASE)
    }


async def find_exact_time_columns(connection):
    """Columns with a time that is not rounded down to the hour."""
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
