"""No two parts of the made-up city draw the same numbers, whatever the seed."""

import ast
import random
from collections import Counter

import pytest

from api import clock
from api.jobs import kinds
from demo import command, london, scrutiny, steps
from demo.command import ensure_account
from demo.simulation import doorstep, encounters, texts_and_subjects, true_statements
from demo.simulation.true_figures import planted_truth
from survey.store import editions
from tests.house.trees import ROOT, nodes_of
from tests.people import AMINA, CINDY, NADIA
from tests.populated import simulate_small_city
from tests.stored.complaint_forms import KEYRING

IDS = 400  # drawn of each stream; the demonstration takes some thousands of its longest


def called_name(call):
    """The name of a function that is called, by itself or as a part of its module."""
    return ast.unparse(call.func).rpartition(".")[2]


CALLS = [
    node
    for file in sorted((ROOT / "demo").rglob("*.py"))
    for node in nodes_of(file)
    if isinstance(node, ast.Call) and called_name(node) in ("stream", "array_stream")
]


def names_in_use(function):
    return [
        ast.literal_eval(call.args[1])
        for call in CALLS
        if called_name(call) == function and isinstance(call.args[1], ast.Constant)
    ]


def words_of(chance):
    """The 32-bit words that a stream gives: an id takes four of them, wherever it begins."""
    return [chance.getrandbits(32) for _ in range(4 * IDS)]


def ids_of(words):
    return set(zip(words, words[1:], words[2:], words[3:], strict=False))


def test_no_id_is_drawn_by_two_streams(drawn_seed):
    seeds = random.Random(drawn_seed).sample(range(10**6), 200)
    names = sorted(set(names_in_use("stream")))
    assert len(names) >= 6
    for seed in seeds:
        found = [ids_of(words_of(texts_and_subjects.stream(seed, name))) for name in names]
        assert len(set.union(*found)) == sum(len(ids) for ids in found)


def test_ids_of_one_generator_would_be_drawn_twice():
    """What the demonstration did: the same seed, some words apart."""
    first, second = random.Random(11), random.Random(11)
    second.getrandbits(32 * 5)
    assert len(ids_of(words_of(first)) & ids_of(words_of(second))) > IDS


def test_arrays_of_each_stream_are_its_own():
    assert Counter(names_in_use("array_stream")) == Counter(texts_and_subjects.ARRAY_STREAMS)
    drawn = [
        texts_and_subjects.array_stream(11, name).random()
        for name in texts_and_subjects.ARRAY_STREAMS
    ]
    assert len(set(drawn)) == len(drawn)


def test_all_chance_of_the_demonstration_comes_from_named_streams():
    made = {
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / "demo").rglob("*.py"))
        for node in nodes_of(file)
        if isinstance(node, ast.Call) and node.args
        if ast.unparse(node.func).endswith(("random.Random", "default_rng", "SystemRandom"))
    }
    assert made == {"demo/simulation/texts_and_subjects.py"}


@pytest.mark.slow
@pytest.mark.parametrize("number", range(3))
async def test_the_demonstration_of_a_drawn_seed_is_built(db, drawn_seed, number):
    """Everything that it stores, without what the worker and the editions make of it."""
    seed = random.Random(f"{drawn_seed} {number}").randrange(10**6)
    connection = db.the_connection
    made_by = [await ensure_account(connection, *one) for one in (AMINA, CINDY, NADIA)]
    world = await london.seed_demo(connection, seed)
    await encounters.ask_people(connection, seed, by=made_by[0])
    await doorstep.carry_survey(connection, seed, KEYRING, by=made_by[0])
    assert len(await scrutiny.hold_meetings(connection, seed)) == 2
    stored = await connection.fetchval("SELECT count(*) FROM responses")
    assert stored > len(world.sampled) + len(world.volunteers) + 300


@pytest.mark.parametrize(
    "few", [pytest.param(True, marks=pytest.mark.slow), pytest.param(False, marks=pytest.mark.long)]
)
async def test_all_editions_of_a_drawn_seed_are_made(db, drawn_seed, few, monkeypatch):
    if few:
        monkeypatch.setattr(london, "simulate_city", simulate_small_city)
    connection = db.the_connection
    world = await command.build_demo(connection, drawn_seed, KEYRING)
    await steps.make_following(connection)
    made = Counter(line.kind for line in await editions.load_current(connection))
    assert made == {"weekly": steps.WEEKS, "monthly": steps.MONTHS, "outcome": 1}
    newest = await editions.get_stored(connection, "weekly", kinds.last_week(clock.today()))
    assert len(newest.edition.history.reports) == steps.WEEKS
    line = await editions.find_newest_published(connection, "outcome")
    outcome = await editions.get(connection, *line.which)
    rows = true_statements.compare_edition(outcome, planted_truth(world))
    verdicts = Counter(row.verdict for row in rows)
    assert len(rows) >= 3
    if not few:  # which has too few answers for most of its statements to be shown
        assert verdicts["holds"] + verdicts["misses"] >= 3
    # One interval in twenty misses by chance, some of them together.
    assert verdicts["misses"] <= max(2, len(rows) // 5)
    assert verdicts["false"] <= 1
