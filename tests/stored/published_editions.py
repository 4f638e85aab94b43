"""Publishes editions as the command does, so that everyone can read them."""

from api.jobs import publishing
from survey.editions.actions import EditionKey
from survey.store.editions import editions


async def publish_saved(connection, edition):
    """Publish an edition that is already saved."""
    which = EditionKey(edition.kind, edition.start, edition.number)
    await publishing.publish_at_once(connection, which)


async def save_and_publish(connection, edition):
    """Save an edition and publish it; its hash."""
    sha256 = await editions.save(connection, edition)
    await publish_saved(connection, edition)
    return sha256
