"""Demands in an edition: corrected shares, what is withheld and why, and what is said."""

from dataclasses import replace

import msgspec
import numpy as np

from analysis.editions import gate, make_edition
from analysis.themes.stances import DemandTexts
from api.editions.chapters.demands import demand_rows, demand_section
from api.editions.rows import export_periods
from survey.themes.demands import STANCES
from survey.themes.double_coding import AccuracyEstimate
from tests.analysis.editions.full_editions import demand_table
from tests.analysis.editions.made_up_edition import bare_edition
from tests.analysis.editions.small_inputs import inputs_of_week
from tests.analysis.themes.test_stances import made_texts, true_share

GOOD = AccuracyEstimate(n=60, value=0.72, low=0.61, high=0.81)
BAD = AccuracyEstimate(n=60, value=0.31, low=0.24, high=0.42)


def edition_of(texts, accuracy=GOOD):
    demand = DemandTexts(id="d1", sentence="No Taser in schools", texts=texts, accuracy=accuracy)
    return make_edition(replace(inputs_of_week(), demands=(demand,)))


def words_of(edition):
    [section] = demand_section(edition)
    return section, " ".join(section.words)


def test_an_edition_gives_the_shares_that_are_true():
    truth, texts = made_texts(4, texts=160, labels=120, taught=0)
    edition = edition_of(texts)
    [one] = edition.tables
    assert (one.key, one.number("labels"), one.missing) == (("d1", "open"), 120, "")
    assert one.count("own") == 40
    assert abs(one.count("texts") - (truth != STANCES.index("none")).sum()) <= 10
    for share in (share for share in one.figures if share.row and share.value is not None):
        true = true_share(truth, texts, share.row, once=share.name == "once")
        assert share.low - 0.01 <= true <= share.high + 0.01
    section, words = words_of(edition)
    given = one.figure("share", "for")
    first = f"{given.value:.0%} ({100 * given.low:.0f} to {100 * given.high:.0f}%) are for it;"
    assert first in words.replace("\N{NO-BREAK SPACE}", " ")
    assert "No Taser in schools" in words
    assert next(row[0].text for row in section.folded[0].rows) == "For it"
    assert len(list(demand_rows(edition, export_periods(edition)))) == 6


def test_few_labels_withhold_the_shares_and_say_so():
    _, texts = made_texts(4, labels=20)
    edition = edition_of(texts)
    assert (edition.tables[0].missing, [*edition.tables[0].column("share")]) == ("labels", [])
    assert "labelled 20 of these texts, and we ask for 40" in words_of(edition)[1]


def test_a_machine_that_reads_badly_withholds_the_shares_and_says_so():
    _, texts = made_texts(4, labels=60)
    edition = edition_of(texts, BAD)
    assert (edition.tables[0].missing, [*edition.tables[0].column("share")]) == ("reading", [])
    assert "the machine confuses for and against too often" in words_of(edition)[1]


def shown(texts):
    shares = {"for": 0.7, "against": 0.24, "conditions": 0.06}
    rows = {stance: (share, share, share) for stance, share in shares.items()}
    counts = {"texts": texts, "voices": texts, "own": 0}
    edition = msgspec.structs.replace(
        bare_edition(), tables=(demand_table(counts, share=rows, once=rows),)
    )
    return gate.safe_edition(edition).tables[0]


def test_a_share_of_fewer_than_ten_texts_is_not_given():
    one = shown(100)
    assert [share.value for share in one.column("share")] == [0.7, 0.24, None]
    assert [share.high for share in one.column("once")] == [0.7, 0.24, None]


def test_fewer_than_ten_texts_are_not_reported():
    one = shown(9)
    assert (one.counts, [*one.column("share")], one.missing) == ((), [], "few")


def test_residents_who_were_drawn_count_by_their_weights():
    _, texts = made_texts(6, texts=200, own=0, labels=120)
    weight = np.where(texts.said == STANCES.index("for"), 3.0, 1.0)
    drawn = replace(texts, stream=np.full(len(texts), "sampled"), weight=weight)
    [open_one] = edition_of(texts).tables
    [one] = edition_of(drawn).tables
    assert one.figure("share", "for").value > open_one.figure("share", "for").value
    assert one.count("voices") is None
    assert "residents who were asked" in words_of(edition_of(drawn))[1]


def test_without_a_demand_there_is_no_section():
    assert list(demand_section(make_edition(inputs_of_week()))) == []
