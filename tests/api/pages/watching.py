"""What a page costs and how it comes: its statements, and its bytes as they are on the wire."""

import asyncio

import httpx

# The city and the surveys, which a process remembers and the tests' database reads each time.
REMEMBERED = (
    *("FROM cities", "FROM areas", "SELECT synthetic", "FROM instruments"),
    *("FROM survey_limits", "FROM survey_settings"),
)


async def read_raw(app, address, encodings):
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
        client.stream("GET", address, headers={"accept-encoding": encodings}) as answer,
    ):
        raw = b"".join([one async for one in answer.aiter_raw()])
    assert int(answer.headers["content-length"]) == len(raw)
    return answer.headers, raw


async def statements_of(db, asking):
    """The statements that a request takes, without those for what is remembered."""
    asked = []
    with db.the_connection.query_logger(lambda record: asked.append(record.query)):
        await asking
        await asyncio.sleep(0)  # the driver reports a statement one round later
    return [one for one in asked if not any(words in one for words in REMEMBERED)]
