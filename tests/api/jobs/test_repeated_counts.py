"""What an edition repeats as last published, whatever became of the editions before it."""

import msgspec
import pytest

from analysis.editions import gate
from api.jobs.edition_inputs import all_inputs
from survey.editions.actions import EditionKey
from survey.store import editions
from survey.store.editions import edition_work
from tests.analysis.editions import made_up_edition
from tests.analysis.editions.test_response import MONTHS, SINCE, recorded, response_fields
from tests.stored.published_editions import publish_saved

SHOWN, BLANK = recorded(1000), recorded(1000, refused=2)
# What becomes of the first edition of a month and of a second one of it.
ORDERS = {
    "draft": ([("made", 1)], SHOWN, BLANK, None),
    "published": ([("made", 1), ("published", 1)], SHOWN, BLANK, 40),
    "withdrawn": ([("made", 1), ("published", 1), ("withdrawn", 1)], SHOWN, BLANK, None),
    "a draft after it": ([("made", 1), ("published", 1), ("made", 2)], SHOWN, BLANK, 40),
    "corrected": (
        [("made", 1), ("published", 1), ("made", 2), ("published", 2)], SHOWN, BLANK, None,
    ),
    "corrected, and shown now": (
        [("made", 1), ("published", 1), ("made", 2), ("published", 2)], BLANK, SHOWN, 40,
    ),
    "withdrawn and replaced": (
        [("made", 1), ("published", 1), ("withdrawn", 1), ("made", 2), ("published", 2)],
        BLANK, SHOWN, 40,
    ),
    "correction withdrawn": (
        [("made", 1), ("published", 1), ("made", 2), ("published", 2), ("withdrawn", 2)],
        BLANK, SHOWN, None,
    ),
}  # fmt: skip


def month_edition(at, strata, *, number=1):
    """An edition of a month before the gate."""
    return msgspec.structs.replace(
        made_up_edition.bare_edition(),
        kind="monthly",
        start=MONTHS[at][0],
        end=MONTHS[at][1],
        number=number,
        **response_fields(strata),
    )


async def known_editions(connection):
    """What an edition of today is made from: counts of editions, and which of them stand."""
    earlier = await all_inputs.load_counts_since(connection, SINCE, made_up_edition.LONDON, SINCE)
    return earlier, [edition.which for edition in await editions.load_current(connection)]


async def take_steps(connection, steps, of_number):
    for step, number in steps:
        which = EditionKey("monthly", MONTHS[0][0], number)
        if step == "made":
            full = month_edition(0, of_number[number], number=number)
            await editions.save(connection, gate.safe_edition(full))
        elif step == "published":
            await publish_saved(connection, month_edition(0, of_number[number], number=number))
        else:
            await edition_work.insert_mark(connection, which, step, by=None, reason="Wrong.")


@pytest.mark.parametrize("order", ORDERS)
async def test_only_what_readers_are_referred_to_is_repeated_and_the_gate_knows_all(db, order):
    steps, first, second, repeated = ORDERS[order]
    connection = db.the_connection
    await take_steps(connection, steps, {1: first, 2: second})
    found = gate.safe_edition(month_edition(1, recorded(1200)), *await known_editions(connection))
    assert found.response.refused == repeated
    assert dict(found.response.as_of).get("refused") == (MONTHS[0][1] if repeated else None)
    # A draft or a withdrawn edition is not repeated, but nothing is shown next to it either.
    assert gate.safe_edition(month_edition(1, recorded(1200))).response.refused == 40


async def test_what_a_standing_edition_repeats_of_a_withdrawn_one_is_not_repeated_again(db):
    connection = db.the_connection
    await take_steps(connection, ORDERS["published"][0], {1: SHOWN})
    second = gate.safe_edition(month_edition(1, recorded(1200)), *await known_editions(connection))
    assert second.response.refused == 40
    await editions.save(connection, second)
    await publish_saved(connection, second)
    third = month_edition(2, recorded(1400))
    known = await known_editions(connection)
    assert dict(gate.safe_edition(third, *known).response.as_of)["refused"] == MONTHS[0][1]
    await take_steps(connection, [("withdrawn", 1)], {})
    found = gate.safe_edition(third, *await known_editions(connection)).response
    assert (found.refused, dict(found.as_of).get("refused")) == (None, None)
