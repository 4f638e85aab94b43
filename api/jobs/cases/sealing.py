"""Encrypts what was stored of cases before that was done at once, a few cases at a time."""

from survey.store import jobs
from survey.store.cases.sealed import resealing
from survey.store.cases.sealed.sealing import sealer_of
from survey.store.database import Connection

KIND = "seal_cases"
BATCH = 20


async def seal_cases(connection: Connection, key: str) -> None:
    """Encrypt the words and files of some cases, and ask for the next ones."""
    sealer = sealer_of(connection)
    if sealer is None:
        return
    cases = await resealing.load_unsealed_cases(connection, BATCH)
    for complaint in cases:
        await resealing.reseal_case(connection, complaint, sealer)
    if cases:
        await jobs.enqueue(connection, KIND, key)
