"""Editions that everybody may read: reviewed and published as a command does it."""

from api.jobs import publishing
from survey.actions import Which
from survey.store import reports


async def publish(connection, edition):
    """Publish an edition that is kept."""
    which = Which(edition.kind, edition.start, edition.number)
    await publishing.publish_at_once(connection, which)


async def keep(connection, edition):
    """Keep an edition and publish it; its hash."""
    sha256 = await reports.save(connection, edition)
    await publish(connection, edition)
    return sha256
