"""Inserts complaints as rows, with their events, merged or not."""

import datetime
import uuid

from api.operations.answers import submissions
from survey.store.cases import complaints
from survey.store.surveys import instruments
from survey.surveys.ready import COMPLAINT

HACKNEY, LAMBETH = "E09000012", "E09000022"


async def insert_complaint(connection, at, kinds, events=(), *, area=HACKNEY, channel="online"):
    """Insert a complaint with these allegations; its id.

    `events` are pairs of an event (or its kind) and the number of days after `at`.
    """
    ident, reference = uuid.uuid4(), submissions.new_reference()
    form, _ = await instruments.get(connection, COMPLAINT)
    case = (ident, form.slug, form.version, area, "en", None, {}, at, reference)
    await complaints.copy_complaints_in(connection, [(*case, None, "new", None, None, None, False)])
    happened = [({"kind": "received"}, 0), *events]
    rows = [
        (
            ident,
            i,
            {"kind": event} if isinstance(event, str) else event,
            at + datetime.timedelta(days=day),
            None,
        )
        for i, (event, day) in enumerate(happened, start=1)
    ]
    await complaints.copy_parts_in(connection, [(ident, kind) for kind in kinds], rows, [])
    await connection.execute("UPDATE complaints SET channel = $2 WHERE id = $1", ident, channel)
    return ident


async def mark_merged(connection, ident, into, *, same_person=False):
    await connection.execute(
        """
        UPDATE complaints SET merged_into = $2, same_person = $3, status = 'merged' WHERE id = $1
        """,
        ident,
        into,
        same_person,
    )


def outcome_event(kind, word):
    return {"kind": "outcome", "allegation": kind, "outcome": word}
