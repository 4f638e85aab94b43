"""The answers that a database holds, for tests that look at what was stored."""

import msgspec

from survey.store.surveys import responses


async def load_answers(connection, slug):
    """Every response to a survey in the order of an export, with its answers as a dict."""
    async with connection.transaction():
        batches = responses.read_in_batches(connection, slug, 100)
        found = [one async for batch in batches for one in batch]
    return [msgspec.structs.replace(one, answers=msgspec.json.decode(one.answers)) for one in found]
