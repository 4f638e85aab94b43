"""What two people have to agree on: whoever took the first step does not take the second one."""

from api.people import Person
from survey.problems import Problem
from survey.store import people
from survey.store.database import Connection


async def needs_another(connection: Connection, person: Person, first: str | None) -> bool:
    """Whether this person took the first step and there is somebody else for the second."""
    return first == person.id and await people.others_who_review(connection, person.id)


async def detail_of_second_step(
    connection: Connection, person: Person, first: str | None, refusal: Problem, alone: str
) -> dict[str, str]:
    """What the audit says of it; a working group of one goes on, and the audit says that."""
    if await needs_another(connection, person, first):
        raise refusal
    return {"by_one_person": alone} if first == person.id else {}
