"""What an edition says next to what was planted: true figures, verdicts, and the page."""

import datetime
import math
from collections import Counter

import httpx
import msgspec
import numpy as np
import pytest
from babel.messages.pofile import read_po

from analysis.editions.front import bare_edition
from api import app as app_module
from demo.door import TRUTH_ADDRESS, demo_door
from demo.simulation import CitySimulator, comparisons, true_figures, true_statements
from demo.simulation.texts_and_subjects import TextSimulator
from demo.simulation.true_figures import (
    SaidInterval,
    Subject,
    count_verdicts,
    interval_row,
    statement_row,
)
from survey.deployments import tally_deployments
from survey.editions.actions import Alert
from survey.editions.figures import Estimate
from tests.analysis.editions import made_up_edition
from tests.analysis.editions.smallest_inputs import woodland_inputs
from tests.conftest import UNLIMITED, OneConnection
from tests.house.trees import ROOT
from tests.stored.published_editions import save_and_publish

FIRST = datetime.date(2026, 2, 2)
CODES = ["Ash", "Beech", "Cedar"]
PEOPLE = np.array([1e5, 2e5, 3e5])
RESIDENTS = {"white": 4e5, "asian": 8e4, "black": 8e4, "mixed": 2e4, "other": 2e4}
ABOUT = Subject("Chapter", "kind", "what")


@pytest.fixture(scope="module")
def world():
    end = datetime.datetime(2026, 3, 30, tzinfo=datetime.UTC)
    return CitySimulator(7, CODES, PEOPLE, PEOPLE, RESIDENTS).world(FIRST, 8, end)


@pytest.fixture(scope="module")
def truth(world):
    return true_figures.planted_truth(world)


def test_the_true_index_is_that_of_answers_from_one_to_five():
    maker = CitySimulator(7, CODES, PEOPLE, PEOPLE, RESIDENTS)
    levels = maker.random.normal(70, 20, 4_000)
    answers = [v for one in levels for v in maker.likert(one).values()]
    found = float(true_figures.expected_index(np.array([70.0]))[0])
    assert found == pytest.approx(25 * (np.mean(answers) - 1), abs=1)
    assert found < 69.5  # answers end at 5


def test_the_chances_of_themes_are_those_of_the_texts():
    writer = TextSimulator(np.random.default_rng(3))
    counted = Counter(theme for _ in range(3_000) for theme in writer.text(40).themes)
    for theme, chance in true_figures.theme_chances()["worry"].items():
        assert counted[theme] / 3_000 == pytest.approx(chance, abs=0.03)


def test_the_share_fired_at_is_that_of_incidents(world):
    uses = Counter()
    for one in tally_deployments(world.deployments, "incidents"):
        uses[one.tactic in comparisons.FIRED] += one.count if one.group == "all" else 0
    share = uses[True] / uses.total()
    assert comparisons.fired_share() == pytest.approx(
        share, abs=4 * (0.16 * 0.84 / uses.total()) ** 0.5
    )


def test_the_truth_survives_its_file(truth, tmp_path):
    tmp_path = tmp_path / "data"
    assert true_figures.load_truth(tmp_path) is None
    true_figures.save_truth(tmp_path, truth)
    assert true_figures.load_truth(tmp_path) == truth
    assert sum(truth.incidents) > 0
    assert {one.stream for one in truth.texts} == {"sampled", "open", "complaints"}
    assert sum(one.letter for one in truth.texts) == 40


def test_days_of_two_weeks_count_by_their_number(truth):
    found = true_figures.TrueFigures(truth)
    shares = found.week_shares((FIRST + datetime.timedelta(days=6), FIRST + datetime.timedelta(9)))
    assert shares[:3].tolist() == [0.25, 0.75, 0]
    whole = found.index("everywhere", (FIRST, FIRST + datetime.timedelta(days=55)))
    parts = [found.index(code, (FIRST, FIRST + datetime.timedelta(days=55))) for code in CODES]
    assert whole == pytest.approx(np.average(parts, weights=PEOPLE))


@pytest.mark.parametrize(
    ("said", "true", "verdict"),
    [
        (SaidInterval(5.0, 4.0, 6.0), 5.9, "holds"),
        (SaidInterval(5.0, 4.0, 6.0), 6.1, "misses"),
        (SaidInterval(None, None, None), 6.1, "silent"),
        (SaidInterval(5.0, 4.0, 6.0), math.nan, "silent"),
    ],
)
def test_an_interval_holds_the_truth_misses_it_or_is_not_there(said, true, verdict):
    assert interval_row(ABOUT, said, true).verdict == verdict


def test_the_totals_say_how_many_hold():
    rows = [interval_row(ABOUT, SaidInterval(5.0, 4.0, 6.0), true) for true in (5, 5, 7)]
    rows.append(statement_row(ABOUT, "It rose", "It fell", is_true=False))
    assert count_verdicts(rows).sentence == (
        "2 of 3 intervals hold the truth; 0 of 1 statements are right."
    )


def edition_of(**changes):
    """An edition of the week from 23 March, of Woodland with three boroughs."""
    start = FIRST + datetime.timedelta(weeks=7)
    given = woodland_inputs(start=start, end=start + datetime.timedelta(days=6))
    return msgspec.structs.replace(bare_edition(given), **changes)


def index_of(domain, low, high):
    return Estimate(
        domain=domain, stream="sampled", n=100, effective_n=90.0, value=(low + high) / 2,
        standard_error=1.0, low=low, high=high, method="",
    )  # fmt: skip


def test_each_statement_gets_its_verdict(truth):
    true = true_figures.TrueFigures(truth).index("Ash", (FIRST + datetime.timedelta(weeks=4),) * 2)
    warning = Alert(
        key="k", rule="index_signal", level="amber", domain="Ash", sentence="Ash changed.",
        standing="new", since=FIRST, until=FIRST,
    )  # fmt: skip
    edition = edition_of(
        index=(index_of("Woodland", 0.0, 100.0), index_of("Ash", true + 20, true + 30)),
        alerts=(warning,),
    )
    rows = true_statements.compare_edition(edition, truth)
    assert [(row.kind, row.verdict) for row in rows] == [
        ("alert: index_signal", "false"),
        ("index of London", "holds"),
        ("index of a borough", "misses"),
        ("campaign that was planted", "false"),
    ]
    first, second, _ = true_statements.compared_chapters(rows)
    assert (first.counts.false, second.counts.held, second.counts.intervals) == (1, 1, 2)


def finding_truth(truth, says, **values):
    given = {"area": "Ash", "item": "Fair?"} | values
    return true_statements.FindingTruth(edition_of(), true_figures.TrueFigures(truth), says, given)


def test_a_change_of_the_wrong_sign_is_false_and_one_without_a_size_is_an_interval(truth):
    found, before = true_figures.TrueFigures(truth), true_statements.window_before(edition_of())
    now = before[1] + datetime.timedelta(days=1), edition_of().end
    change = found.index("Ash", now) - found.index("Ash", before)
    word, other = ("rose", "fell") if change > 0 else ("fell", "rose")
    wide = {"size": "50", "low": "0", "high": "99"}
    message = "The perception index for {{area}} {} by {{size}} points"
    right = finding_truth(truth, "It moved.", **wide).row(message.format(word))
    wrong = finding_truth(truth, "It moved.", **wide).row(message.format(other))
    assert (right.verdict, wrong.verdict) == ("holds", "false")
    unclear = finding_truth(truth, "No clear change.", low="-99", high="99")
    assert unclear.row("{area} changed").kind == "finding: change of a borough, unclear"


@pytest.mark.parametrize(
    "begins",
    [
        *(*true_statements.GAPS, *true_statements.DEPLOYMENT_RANGES, true_statements.AREAS_OUTSIDE),
        "The perception index for {area} rose",
        "Agreement minus disagreement with “{item}” fell",
    ],
)
def test_findings_are_recognised_by_messages_that_editions_have(truth, begins):
    with (ROOT / "api/translations/editions.pot").open("rb") as file:
        messages = [str(one.id) for one in read_po(file) if isinstance(one.id, str)]
    found = [one for one in messages if one.startswith(begins)]
    assert found
    for message in found:
        said = finding_truth(truth, "So it is.", size="1.0", low="-9.0", high="9.0")
        assert said.row(message) is not None


def test_a_ratio_by_ethnicity_has_a_truth_and_one_by_age_none():
    assert comparisons.planted_ratio("ethnicity_officer", "black", "residents") == 4
    assert comparisons.planted_ratio("ethnicity_officer", "black", "stops") == pytest.approx(1.6)
    assert comparisons.planted_ratio("age", "18-34", "residents") is None


@pytest.fixture
async def guest(db, tmp_path):
    settings = msgspec.structs.replace(UNLIMITED, data=tmp_path)
    app = app_module.build(settings, OneConnection(db.the_connection), door=demo_door())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


async def test_the_page_shows_an_edition_next_to_the_truth(guest, db, tmp_path, truth):
    assert "There is nothing to compare" in (await guest.get(TRUTH_ADDRESS)).text
    edition = made_up_edition.sample()
    await save_and_publish(db.the_connection, edition)
    true_figures.save_truth(tmp_path, truth)
    page = (await guest.get(f"{TRUTH_ADDRESS}/weekly/{edition.start}")).text
    assert "intervals hold the truth" in page
    assert (await guest.get(TRUTH_ADDRESS)).text == page
    assert TRUTH_ADDRESS in (await guest.get("/demo")).text


async def test_no_other_installation_has_the_page(client):
    assert (await client.get(TRUTH_ADDRESS)).status_code == 404
