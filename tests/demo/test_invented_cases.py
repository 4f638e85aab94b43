"""Demo cases: each follows the table of transitions, and together they look like real ones."""

import collections
import datetime
import random
import uuid

import pytest

from api.operations import cases
from api.security.people import HASHER
from demo import complaints
from demo.complaints import SHOWN, DemoCase, DemoCaseStep
from survey.cases import TRANSITIONS, CaseEvent, DatedCaseEvent, case_state, check_transition
from survey.receipts import parse_case_number, passphrase_letters

NOW = datetime.datetime(2027, 3, 10, 11, tzinfo=datetime.UTC)
STAFF = ("cindy", "joan")
KINDS = ("use_of_force_taser", "stop_and_search", "incivility", "neglect")


def simulated_lives(seed=7, many=400, staff=STAFF):
    chance = random.Random(seed)
    lives = [
        DemoCase(
            ident=uuid.UUID(int=chance.getrandbits(128)),
            reference=complaints.demo_case_number(chance),
            area=f"E0900000{chance.randint(1, 9)}",
            allegations=(chance.choice(KINDS),),
            steps=[
                DemoCaseStep(CaseEvent(kind="received"), NOW - datetime.timedelta(hours=n * 16 + 1))
            ],
        )
        for n in range(many)
    ]
    complaints.simulate_cases(lives, staff, NOW, chance)
    return lives


@pytest.fixture(scope="module")
def lives():
    return simulated_lives()


def test_every_step_may_follow_those_before_it(lives):
    for life in lives:
        history = [DatedCaseEvent(life.steps[0].event, life.opened_at().date())]
        for step in life.steps[1:]:
            state = case_state(history, life.allegations, cases.working_day_after)
            side = "person" if TRANSITIONS[step.event.kind].by[0] == "person" else "reviewer"
            check_transition(life.reference, state, step.event, side, step.at.date())
            history.append(DatedCaseEvent(step.event, step.at.date()))
        assert case_state(history, life.allegations, cases.working_day_after) == life.state


def test_nothing_comes_before_what_it_follows_or_after_now(lives):
    for life in lives:
        moments = [step.at for step in life.steps]
        assert moments == sorted(moments)
        assert moments[-1] <= NOW
        assert all(moment.minute == 0 for moment in moments)


def test_there_is_one_of_everything_that_a_newcomer_should_see(lives):
    standing_now = collections.Counter(life.state.status for life in lives)
    assert set(standing_now) == {
        "new", "open", "waiting", "decided", "closed", "disputed", "merged",
    }  # fmt: skip
    assert standing_now["closed"] > 200
    late = [life for life in lives if life.state.is_overdue(NOW.date())]
    assert 3 < len(late) < 40
    assert {life.state.handler for life in late} > {None}
    outcomes = {step.event.outcome for life in lives for step in life.steps} - {None}
    assert outcomes == set(complaints.OUTCOMES)
    assert {life.state.handler for life in lives} == {None, *STAFF}


def test_a_merge_is_told_by_both_cases(lives):
    by_number = {life.reference: life for life in lives}
    merged = [life for life in lives if life.state.status == "merged"]
    assert merged
    for life in merged:
        main = by_number[life.state.merged_into]
        assert life.reference in {step.event.case for step in main.steps}
        assert main.state.status != "merged"


def test_two_cases_can_be_opened_by_anybody(lives):
    by_number = {life.reference: life for life in lives}
    for (number, phrase), status in zip(SHOWN.items(), ("waiting", "closed"), strict=True):
        assert parse_case_number(number) == number
        assert HASHER.verify(by_number[number].passphrase_hash, passphrase_letters(phrase))
        assert by_number[number].state.status == status
    assert sum(life.passphrase_hash is not None for life in lives) == 2


def test_the_same_seed_gives_the_same_cases(lives):
    def fields_of(lives):
        return [(one.reference, one.steps, one.state) for one in lives]

    assert fields_of(simulated_lives()) == fields_of(lives)
    assert fields_of(simulated_lives(8)) != fields_of(lives)


@pytest.mark.parametrize("many", [0, 1, 2])
def test_a_small_world_has_no_more_than_it_has(many):
    lives = simulated_lives(many=many, staff=())
    assert len(lives) == many
    assert all(step.by is None for life in lives for step in life.steps)
