"""Steps that need two people: the person who took the first may not take the second."""

from api.security.people import Person
from survey.problems import Problem
from survey.store.accounts import people
from survey.store.database import Connection


async def needs_second_person(connection: Connection, person: Person, first: str | None) -> bool:
    """Whether this person took the first step and there is somebody else for the second."""
    return first == person.id and await people.has_other_reviewers(connection, person.id)


async def check_second_person(
    connection: Connection, person: Person, first: str | None, refusal: Problem, alone: str
) -> dict[str, str]:
    """Raise `refusal` if somebody else has to take the second step; returns the detail for the
    audit.

    If this person is the only reviewer they may take both steps, and the detail says so.
    """
    if await needs_second_person(connection, person, first):
        raise refusal
    return {"by_one_person": alone} if first == person.id else {}
