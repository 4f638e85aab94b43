"""What somebody can work out who watches the results of a survey and knows who answers when."""

import itertools
import random
from itertools import pairwise

import msgspec
import numpy as np
import pytest

from analysis.survey_results import (
    count_everybody,
    count_parts,
    has_moved,
    index_answers,
    moved_parts,
    moved_tables,
    shown_groups,
    shown_parts,
    shown_unions,
)
from survey.surveys.sums import EVERYBODY, AnswerTable
from tests.analysis.test_survey_results import all_opening

SEED = 21
ASKED = {EVERYBODY: [], "safe": ["yes", "no"], "seen": ["van", "dog", "horse"]}
BOROUGHS = ["hackney"] * 12 + ["lambeth"] * 6 + ["sutton"] * 2 + ["city"]


def random_person(chance):
    safe = {"safe": [chance.choice(["yes", "no"])]} if chance.random() < 0.8 else {}
    seen = [one for one in ASKED["seen"] if chance.random() < 0.3]
    return {EVERYBODY: [], **safe, **({"seen": seen} if seen else {})}, chance.choice(BOROUGHS)


def watch_survey(people):
    """What a page shows after each answer: whole, and parts as a reader sees them and as they are.

    It is made again as `figures.py` does: when has_moved says so.
    """
    whole, parts, answers = {}, {}, 0
    for n in range(1, len(people) + 1):
        if n >= 10 and (not answers or has_moved(answers, n)):
            given, areas = [one for one, _ in people[:n]], [one for _, one in people[:n]]
            indexed, opening = index_answers(ASKED, given), all_opening(n)
            whole = moved_tables(whole, count_everybody(indexed, opening))
            parts = moved_parts(parts, count_parts(indexed, areas, opening))
            answers = n
        seen = {q: shown_parts(whole.get(q), tables_of(parts, q)) for q in ASKED}
        yield whole, seen, parts


def tables_of(parts, question):
    return {name: tables[question] for name, tables in parts.items() if question in tables}


@pytest.fixture(scope="module", params=range(6))
def watched(request):
    chance = random.Random(SEED + request.param)
    return [*watch_survey([random_person(chance) for _ in range(140)])]


def test_no_look_differs_from_the_one_before_by_fewer_than_ten_people(watched):
    moves = 0
    for question in ASKED:
        bases = [whole[question].base for whole, _, _ in watched if question in whole]
        steps = {abs(b - a) for a, b in pairwise(bases)} - {0}
        moves += len(steps)
        assert min(steps, default=10) >= 10
        for area in set(BOROUGHS):
            own = [parts[area][question].base for _, _, parts in watched
                   if question in parts.get(area, {})]  # fmt: skip
            steps = {abs(b - a) for a, b in pairwise(own)} - {0}
            assert min(steps, default=10) >= 10
    assert moves > 3


def test_no_part_that_is_left_out_is_the_difference_of_what_is_shown(watched):
    shown = 0
    for whole, seen, parts in watched:
        for question, by_part in seen.items():
            shown += len(by_part)
            exact = tables_of(parts, question)
            left = whole[question].base - sum(exact[one].base for one in by_part) if by_part else 0
            assert left == 0 or abs(left) >= 10
    assert shown > 50


def test_counts_of_parts_say_five_values_each(watched):
    for _, seen, _ in watched:
        for by_part in seen.values():
            for table in by_part.values():
                assert {table.base % 5, *(count % 5 for count in table.counts.values())} == {0}
                assert table.base >= 10


def test_without_the_rule_of_the_rest_a_single_person_is_worked_out():
    """The attack that the rule stops: 31 people, of whom 30 live in the borough that is shown."""
    whole = AnswerTable(31, {"yes": 1, "no": 30})
    hackney = AnswerTable(30, {"yes": 0, "no": 30})
    assert shown_parts(whole, {"hackney": hackney}) == {}
    lambeth = AnswerTable(14, {"yes": 7, "no": 7})
    both = shown_parts(AnswerTable(45), {"hackney": hackney, "lambeth": lambeth})
    assert both == {"hackney": hackney}
    assert [*shown_parts(AnswerTable(44), {"hackney": hackney, "lambeth": lambeth})] == [
        "hackney", "lambeth",
    ]  # fmt: skip


def test_a_table_that_loses_ten_people_or_falls_below_ten_moves():
    before = {"a": AnswerTable(25, {"x": 5}), "b": AnswerTable(12, {"x": 4})}
    assert moved_tables(before, {"a": AnswerTable(16, {"x": 1})}) == before
    assert moved_tables(before, {"a": AnswerTable(15, {"x": 1})})["a"].base == 15
    assert "a" not in moved_tables(before, {})


@pytest.mark.parametrize(
    ("opening", "days", "is_shown"),
    [(10, 3, True), (9, 3, False), (10, 2, False), (None, None, True)],
)
def test_a_part_is_shown_by_answers_that_count_on_several_days(opening, days, is_shown):
    """Of forty answers of the part others know all but three."""
    part = AnswerTable(40, {"yes": 40}, opening=opening, days=days)
    whole = AnswerTable(80, {"yes": 80}, opening=30)
    assert ("city" in shown_parts(whole, {"city": part})) == is_shown


def test_what_is_left_of_the_whole_is_ten_people_who_count():
    part = AnswerTable(40, {"yes": 40}, opening=20, days=3)
    few = AnswerTable(80, {"yes": 80}, opening=29)
    assert shown_parts(few, {"hackney": part}) == {}
    assert shown_parts(msgspec.structs.replace(few, opening=30), {"hackney": part}) != {}


def test_a_table_moves_by_ten_people_who_count():
    """Nine of these ten answers are by whoever looks: the tenth would be read off."""
    old = {"safe": AnswerTable(20, {"yes": 12}, opening=20)}
    padded = {"safe": AnswerTable(30, {"yes": 21}, opening=22)}
    assert moved_tables(old, padded) == old
    moved = {"safe": AnswerTable(38, {"yes": 21}, opening=30)}
    assert moved_tables(old, moved) == moved


def test_a_group_is_heard_by_answers_that_count():
    table = AnswerTable(40, {"a": 20, "b": 20}, opening=19, opening_counts={"a": 10, "b": 9})
    assert shown_groups(table) == {"a": 20}


INSIDE = {
    "east": ("hackney", "newham", "sutton"),
    "south": ("lambeth", "city"),
    "west": ("ealing",),
}
OUTSIDE = "nowhere"  # people who named no borough


def counted(people):
    return AnswerTable(people, opening=people, days=5)


def random_town(chance):
    """How many people answered in each borough, and in none."""
    boroughs = [*(part for parts in INSIDE.values() for part in parts), OUTSIDE]
    return {borough: chance.choice((0, 1, 4, 9, 10, 11, 14, 30, 80)) for borough in boroughs}


def town_tables(town):
    """Everybody, the boroughs and the groups; tables of fewer than ten people are not made."""
    groups = {group: sum(town[part] for part in parts) for group, parts in INSIDE.items()}
    parts = {part: counted(n) for part, n in town.items() if n >= 10 and part != OUTSIDE}
    unions = {group: counted(n) for group, n in groups.items() if n >= 10}
    return counted(sum(town.values())), parts, unions


def people_worked_out(town, shown_sets):
    """The sizes of all sets of boroughs that sums and differences of the shown sets give."""
    boroughs = [*town]
    rows = np.array([[name in each for name in boroughs] for each in shown_sets], dtype=float)
    rank = np.linalg.matrix_rank(rows)
    for wanted in itertools.product((0, 1), repeat=len(boroughs)):
        if np.linalg.matrix_rank(np.vstack([rows, wanted])) == rank:
            yield sum(town[name] for name, has in zip(boroughs, wanted, strict=True) if has)


def sets_of(town, parts, unions):
    return [{*town}, *({part} for part in parts), *({*INSIDE[union]} for union in unions)]


@pytest.mark.parametrize("seed", range(40))
def test_groups_next_to_boroughs_leave_nobody_alone(seed):
    town = random_town(random.Random(f"{SEED} {seed}"))
    whole, parts, unions = town_tables(town)
    shown = sets_of(town, shown_parts(whole, parts), shown_unions(whole, unions, parts, INSIDE))
    assert [n for n in people_worked_out(town, shown) if 0 < n < 10] == []


def test_the_attack_on_groups_would_win_without_their_rule():
    alone, offered = 0, 0
    for seed in range(40):
        town = random_town(random.Random(f"{SEED} {seed}"))
        whole, parts, unions = town_tables(town)
        careless = sets_of(town, shown_parts(whole, parts), shown_parts(whole, unions))
        alone += any(0 < n < 10 for n in people_worked_out(town, careless))
        offered += bool(shown_unions(whole, unions, parts, INSIDE))
    assert alone > 10
    assert offered > 10
