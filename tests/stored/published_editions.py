"""Publishes editions as the command does, so that everyone can read them."""

from api.jobs import edition_marks
from api.jobs.edition_inputs import editions as making
from survey.editions.actions import EditionKey
from survey.store import editions


async def publish_saved(connection, edition):
    """Publish an edition that is already saved."""
    which = EditionKey(edition.kind, edition.start, edition.number)
    await edition_marks.publish_at_once(connection, which)


async def save_and_publish(connection, edition):
    """Save an edition and publish it; its hash."""
    sha256 = await editions.save(connection, edition)
    await publish_saved(connection, edition)
    return sha256


async def make_and_publish(connection, kind, start, **more):
    """Make an edition and publish it; the edition and its hash."""
    edition, sha256 = await making.make_edition(connection, kind, start, **more)
    await publish_saved(connection, edition)
    return edition, sha256
