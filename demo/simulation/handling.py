"""What the owners of closed cases say in the demonstration about how their case was handled.

Who answers does not depend on what they think, so an edition should hold these shares.
"""

import datetime
from collections.abc import Iterable, Iterator

from api import clock
from api.operations import handling
from demo.complaints import DemoCase
from demo.simulation.encounters import choose_one
from demo.simulation.texts_and_subjects import stream
from survey.cases.handling import POINTS
from survey.store.cases import case_owners
from survey.store.database import Connection
from survey.surveys.item_types.answers import DECLINED
from survey.themes.double_coding import quarter_of

RETURNED, ANSWERED = 0.75, 0.55  # of the owners of closed cases
SAYS_NOTHING = 0.03  # of those who answer, to each statement
# The share of people who would choose each point, from strongly disagree to strongly agree.
TRUTH: dict[str, tuple[float, ...]] = {
    "fairly": (0.14, 0.19, 0.15, 0.33, 0.19),
    "informed": (0.22, 0.26, 0.14, 0.25, 0.13),
    "understood": (0.09, 0.15, 0.14, 0.37, 0.25),
    "speed": (0.25, 0.23, 0.15, 0.22, 0.15),
    "again": (0.1, 0.09, 0.1, 0.38, 0.33),
}


async def answer_closed_cases(connection: Connection, lives: Iterable[DemoCase]) -> None:
    """Let the owners of closed cases answer, by chance; then make the quarters final that are."""
    for life in lives:
        # Whoever tries the demonstration answers about the cases that it shows.
        if life.passphrase_hash:
            continue
        # From the case, so that one more or less changes nobody else's answers.
        chance = stream(life.ident.int, "handling")
        for quarter, day in closing_days(life):
            fate = chance.random()
            if fate < RETURNED:
                await case_owners.save_opening(connection, str(life.ident), day, "owner")
            if fate < ANSWERED:
                said = {
                    name: DECLINED
                    if chance.random() < SAYS_NOTHING
                    else choose_one(chance, dict(zip(POINTS, shares, strict=True)))
                    for name, shares in TRUTH.items()
                }
                await handling.add_person(connection, str(life.ident), quarter, said)
    await handling.finish_quarters(connection)


def closing_days(life: DemoCase) -> Iterator[tuple[datetime.date, datetime.date]]:
    """Each quarter in which the case was closed, with the last day on which it was."""
    days = [clock.local_day(step.at) for step in life.steps if step.event.kind == "closed"]
    yield from {quarter_of(day): day for day in days}.items()
