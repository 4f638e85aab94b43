"""Answers that look like spam: held instead of stored, then counted or thrown away by a person."""

import secrets
from collections.abc import Sequence

import msgspec

from api.operations import submissions
from survey.problems import Problem
from survey.store.database import Connection
from survey.store.surveys import instruments
from survey.store.surveys import limits as limit_store
from survey.store.surveys.entering import held_answers
from survey.store.surveys.entering.held_answers import HeldAnswer
from survey.store.surveys.responses import NewResponse
from survey.surveys.refusals import changed_review


async def find_chosen(
    connection: Connection, slug: str, names: Sequence[str], most: int
) -> list[HeldAnswer]:
    """The answers that somebody chose on the page; raises if one of them waits no longer."""
    wanted = set(names)
    found = [
        one for one in await held_answers.load_visible(connection, slug, most) if one.name in wanted
    ]
    if len(found) != len(wanted):
        raise changed_review()
    return found


async def count_answers(
    connection: Connection, slug: str, chosen: Sequence[HeldAnswer]
) -> list[Problem]:
    """Store answers that waited as the responses they would have been, in the caller's
    transaction. Those for which a limit leaves no place wait on; why not is returned.
    """
    versions = await instruments.load_versions(connection, slug)
    limits = await limit_store.find(connection, slug)
    if limits:
        # They came before codes were asked for, or without one: a person has decided about them.
        limits = msgspec.structs.replace(limits, one_each="none")
    arrivals = [
        submissions.limited_arrival(
            NewResponse(
                response=one.response(slug),
                reference=one.reference,
                # The mark of the request stays as it is: sent again, it still gets its receipt.
                request_key=secrets.token_bytes(32),
                request_body=secrets.token_bytes(32),
                # They looked like the answers of one sender.
                opens_results=False,
            ),
            versions[slug, one.version],
            limits,
        )
        for one in chosen
    ]
    if not arrivals:
        return []
    outcomes = await submissions.file_insert(arrivals[0])(connection, arrivals)
    stored = [
        one.reference
        for one, outcome in zip(chosen, outcomes, strict=True)
        if not isinstance(outcome, Problem)
    ]
    await held_answers.delete(connection, stored)
    return [one for one in outcomes if isinstance(one, Problem)]
