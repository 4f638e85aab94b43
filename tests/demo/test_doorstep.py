"""The made-up survey that interviewers carry: what is shown of it, and the truth behind that."""

import math
import re
from collections import Counter

import pytest

from api.jobs.edition_inputs.sum_inputs import LETTER_OUTCOME, visit_outcomes
from demo.command import ensure_account
from demo.simulation import doorstep
from demo.simulation.encounters import option_name
from survey.store.surveys import fieldwork
from survey.surveys.fieldwork import MEANINGS, decisive_outcome
from tests.people import AMINA
from tests.stored.complaint_forms import KEYRING

FOLDER = f"/work/surveys/{doorstep.SLUG}/fieldwork"
VISITED, ALL = 200, 240


async def carry_survey(connection, seed=2007):
    """Make the survey; returns its points."""
    amina = await ensure_account(connection, *AMINA)
    await doorstep.carry_survey(connection, seed, KEYRING, by=amina)
    return await fieldwork.load_points(connection, doorstep.SLUG)


def true_shares():
    """The share of visited points in each of AAPOR's groups, by the planted shares."""
    homes = 1 - sum(doorstep.ADDRESSES.values())
    missed = math.prod(1 - doorstep.REACHED[part] for part in doorstep.ROUNDS)
    found = Counter({"NC": homes * missed})
    for outcome, share in doorstep.ADDRESSES.items():
        found[MEANINGS[outcome].letter] += share
    for outcome, share in doorstep.IF_REACHED.items():
        found[MEANINGS[outcome].letter] += homes * (1 - missed) * share
    return found


def rates_of(found, everybody):
    """Rates by AAPOR's formulas, of points by letter and of how many there are."""
    known = sum(found[letter] for letter in ("I", "P", "R", "NC", "O"))
    may_be_homes = everybody - found["NE"]
    e = known / (known + found["NE"])
    likely = known + e * (may_be_homes - known)
    reached = known - found["NC"]
    both = found["I"] + found["P"]
    return {
        "RR1": found["I"] / may_be_homes,
        "RR2": both / may_be_homes,
        "RR3": found["I"] / likely,
        "RR4": both / likely,
        "COOP1": found["I"] / reached,
        "COOP2": both / reached,
        "COOP3": found["I"] / (both + found["R"]),
        "COOP4": both / (both + found["R"]),
        "REF1": found["R"] / may_be_homes,
        "REF2": found["R"] / likely,
        "CON1": reached / may_be_homes,
        "CON2": reached / likely,
        "e": e,
    }


def rates_on(page):
    """The rates on the page of the organiser, by their names."""
    rows = re.findall(r"<th[^>]*>\s*([A-Z0-9]+|e):[^<]*</th>\s*<td[^>]*>\s*(\d+)%", page)
    return {name: int(share) / 100 for name, share in rows}


@pytest.mark.parametrize("seed", [2007, 1, 2])
async def test_visits_come_to_what_was_planted(db, seed):
    found = await carry_survey(db.the_connection, seed)
    visited = [one for one in found if one.visits]
    assert (len(found), len(visited)) == (ALL, VISITED)
    letters = Counter(MEANINGS[decisive_outcome(one.visits)].letter for one in visited)
    shares = true_shares()
    assert sum(shares.values()) == pytest.approx(1)
    for letter, share in shares.items():
        spread = 4 * math.sqrt(VISITED * share * (1 - share))
        assert letters[letter] == pytest.approx(VISITED * share, abs=spread)


async def test_the_page_of_the_organiser_has_the_rates_of_these_visits(db, signed_in):
    found = await carry_survey(db.the_connection)
    letters = Counter(MEANINGS[one.outcome].letter for one in found)
    page = (await (await signed_in(AMINA)).get(FOLDER)).text
    visits = sum(len(one.visits) for one in found)
    assert f"240 points: 200 assigned, 200 visited, {visits} visits." in page
    shown = rates_on(page)
    assert shown == pytest.approx(rates_of(letters, ALL), abs=0.0051)
    # Near the truth, of which two answers never came and one was sent back.
    true = Counter({letter: VISITED * share for letter, share in true_shares().items()})
    true["I"], true["O"] = true["I"] - 3, true["O"] + 3
    assert shown == pytest.approx(rates_of(true, ALL), abs=0.12)


async def test_of_two_interviews_sent_back_one_was_done_again(db, signed_in):
    found = await carry_survey(db.the_connection)
    outcomes = Counter(one.outcome for one in found)
    assert (outcomes["sent_back"], outcomes["awaited"]) == (1, doorstep.AWAITED)
    answers = await db.the_connection.fetchval(
        "SELECT count(*) FROM responses WHERE instrument = $1", doorstep.SLUG
    )
    # The earlier answer of the one that waits still counts.
    assert answers == outcomes["interview"] + outcomes["partial"] + outcomes["sent_back"]
    page = (await (await signed_in(AMINA)).get(FOLDER)).text
    assert "1 interview was sent back and has not been done again yet" in page


async def test_the_addresses_of_interviewers_open_their_points(db, client):
    await carry_survey(db.the_connection)
    for group in await fieldwork.load_groups(db.the_connection, doorstep.SLUG):
        key = KEYRING.unseal_words(group.sealed_key).decode()
        page = await client.get(f"/visits/{key}")
        mine = sum(team == group.name for team in doorstep.NEIGHBOURHOODS.values())
        assert f"of {mine * doorstep.POINTS_EACH} to go to" in page.text


async def test_a_report_would_take_why_people_did_not_answer_from_these_visits(db):
    found = await carry_survey(db.the_connection)
    for area, outcomes in visit_outcomes(found).items():
        mine = [one for one in found if one.stratum == area and one.outcome != "sent_back"]
        letters = Counter(MEANINGS[one.outcome].letter for one in mine)
        assert outcomes == {
            name: letters[letter] for letter, name in LETTER_OUTCOME.items() if letters[letter]
        }


async def test_people_answer_as_was_planted(db):
    await carry_survey(db.the_connection)
    rows = await db.the_connection.fetch(
        "SELECT answers FROM responses WHERE instrument = $1", doorstep.SLUG
    )
    for name, (_, shares) in doorstep.ANSWERS.items():
        given = Counter(row["answers"].get(name) for row in rows)
        base = given.total() - given[None]
        for words, share in shares.items():
            spread = 4 * math.sqrt(base * share * (1 - share))
            assert given[option_name(words)] == pytest.approx(base * share, abs=spread)
