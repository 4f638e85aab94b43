"""What an edition finds among many: only what holds when all that were looked at are counted."""

import dataclasses

import msgspec
import numpy as np
import pytest

from analysis.editions import differences, gate, workings
from analysis.editions.findings import change_findings, group_gap_findings, outlier_findings
from api.locales import category_name
from survey.editions.force import FiredShare, Funnel, FunnelLimits, FunnelPoint, group_label
from survey.editions.perception import GroupEstimate
from tests.analysis.editions import made_up_edition
from tests.bench.statistics.findings import change_of

WORTH = 25.0  # fifty effective answers in each window


def family_of(values, se=4.0):
    """The changes of 33 boroughs, all with one error."""
    quiet = np.linspace(-1.5, 1.5, 33 - len(values)) * se
    return [change_of(str(i), float(value), se, WORTH) for i, value in enumerate((*values, *quiet))]


def test_a_borough_that_chance_can_pick_is_not_told():
    """The README's demo told of one: -12.0 with a small error of its own, where -2.1 was true."""
    camden = change_of("0", -12.0, 2.1, WORTH)
    family = [camden, *family_of([])[1:]]
    assert camden.p < 0.01
    assert differences.picked_areas(family) == []


def test_a_borough_that_really_moved_is_told_with_how_many_were_looked_at():
    [one] = differences.picked_areas(family_of([-24.0]))
    assert (one.domain, one.looked) == ("0", 33)
    assert -24.0 < one.value < -18.0
    assert one.low < one.value < one.high < 0
    edition = made_up_edition.sample()
    moved = dataclasses.replace(one, domain=edition.index[-1].domain)
    [found] = change_findings(edition, [moved])
    assert "It is the clearest of 33; size and interval allow for that." in found.sentence
    assert found.confidence == "strong evidence"


def test_what_is_told_of_one_borough_alone_is_not_told_of_one_of_33():
    assert differences.picked_areas(family_of([13.0])[:1])
    assert differences.picked_areas(family_of([13.0])) == []


def test_an_item_that_was_picked_has_a_wider_interval():
    family = [dataclasses.replace(one, of=f"item {one.domain}") for one in family_of([30.0])[:9]]
    [one] = differences.picked_items(family)
    assert (one.looked, one.level) == (9, pytest.approx(1 - 0.05 / 9))
    assert one.low < family[0].low < family[0].high < one.high
    sentence = differences.change_sentence(made_up_edition.sample(), one)
    assert "(99.44% interval" in sentence
    assert "It is the clearest of 9" in sentence


@pytest.mark.parametrize("kind", ["weekly", "monthly"])
def test_all_that_an_edition_looks_for_shares_one_in_twenty(kind):
    assert sum(workings.SHARES[kind].values()) <= 0.05


@pytest.mark.parametrize(
    ("value", "word", "starts"),
    [
        (2.8, "no clear evidence", "There is no clear evidence that the perception index"),
        (3.1, "good evidence", "The perception index for London rose from"),
        (3.5, "strong evidence", "The perception index for London rose from"),
    ],
)
def test_london_changed_where_its_wider_interval_says_so(value, word, starts):
    """With 95% intervals 5 of 49 changes that were told missed the truth."""
    edition = made_up_edition.sample()
    alone = change_of(edition.city, value, 1.0, WORTH, df=1000)
    one = differences.difference_by_share(alone, workings.SHARES["weekly"]["city"])
    assert alone.p < 0.05
    [found] = change_findings(edition, [one])
    assert (found.confidence, found.sentence[: len(starts)]) == (word, starts)
    assert "99.7% interval" in found.sentence


@pytest.mark.parametrize(
    ("value", "se", "starts", "brief"),
    [
        (
            0.3,
            0.4,
            "No change larger than 2 points: the perception index",
            "did not change by more",
        ),
        (0.3, 0.8, "There is no clear evidence that", "Nothing clearly changed"),
    ],
)
def test_an_index_whose_interval_is_within_the_margin_has_no_larger_change(
    value, se, starts, brief
):
    edition = made_up_edition.sample()
    alone = change_of(edition.city, value, se, WORTH, df=1000)
    one = differences.difference_by_share(alone, workings.SHARES["weekly"]["city"])
    [found] = change_findings(edition, [one])
    assert found.sentence.startswith(starts)
    assert brief in found.brief
    is_known = starts.startswith("No change")
    assert (found.confidence == "strong evidence") is is_known
    assert (found.so_what == "No action needed on this figure.") is is_known
    if is_known:
        assert "(+0.3, 99.7% interval -0.9 to 1.5)" in found.sentence


def test_an_interval_leaves_out_no_change_exactly_where_it_is_told():
    """With the share of its kind, and among as many as were looked at and are told."""
    values = (13.0, 14.5, 15.6, 17.0, *np.linspace(-6, 6, 29))
    family = [change_of("London", float(one), 4.0, WORTH, df=1000) for one in values]
    told = differences.picked_items(family, 0.004)
    assert [one.value for one in told] == [17.0, 15.6]
    assert all(one.low > 0 and one.p < 0.05 for one in told)
    assert {one.level for one in told} == {1 - 0.004 * 2 / 33}


def estimates_of(dimension, values, half=3.0):
    one = made_up_edition.sample().index[-1]
    for category, value in values.items():
        yield GroupEstimate(
            dimension=dimension,
            category=category,
            measure="index",
            estimate=msgspec.structs.replace(
                one, value=value, low=value - half, high=value + half, status="shown"
            ),
        )


AGES = dict.fromkeys(("16-24", "25-34", "35-44", "45-54", "55-64", "65-74"), 58.0)


def gaps_of(**lowest):
    rows = [*estimates_of("age", AGES | lowest), *estimates_of("sex", {"female": 58, "male": 58})]
    return told_gaps(rows)


def told_gaps(rows):
    edition = made_up_edition.sample(kind="monthly", groups=tuple(rows))
    return [*group_gap_findings(edition)]


def test_two_intervals_that_do_not_meet_are_no_finding_among_seven_groups():
    """75+ at 54.2 and 35 to 44 at 61.1: 'good evidence' of what is not there."""
    assert gaps_of(**{"75+": 54.8, "35-44": 61.1}) == []


def test_a_gap_that_holds_over_all_pairs_and_dimensions_is_found():
    [one] = gaps_of(**{"75+": 48.0, "35-44": 61.1})
    assert one.sentence.startswith(
        "By age, the perception index was lowest for people aged 75 and over (48.0"
    )
    assert one.confidence == "strong evidence"


@pytest.mark.parametrize(("men", "told"), [(63.4, False), (65.2, True)])
def test_a_pair_that_one_edition_in_a_hundred_sets_apart_by_chance_is_no_finding(men, told):
    """Of 118 monthly editions 11 named two groups that do not differ, mostly of a pair."""
    rows = [*estimates_of("age", AGES), *estimates_of("sex", {"female": 58, "male": men})]
    assert bool(told_gaps(rows)) is told


def test_a_group_is_named_in_sentences_as_in_charts():
    for age in ("35-44", "75+"):
        assert group_label("age", age) == f"people aged {category_name(age)}"


def index_funnel(values):
    limits = tuple(
        FunnelLimits(size=size, low=54, high=66, lowest=60 - 9.27, highest=60 + 9.27)
        for size in (10.0, 50.0)
    )
    place = {True: "above", False: "within"}
    spots = tuple(
        FunnelPoint(domain=str(i), size=30.0, value=value, place=place[value > 69.27])
        for i, value in enumerate(values)
    )
    return Funnel(measure="index", target=60.0, spots=spots, limits=limits)


@pytest.mark.parametrize(("value", "word"), [(70.2, None), (72.0, "good"), (75.0, "strong")])
def test_one_of_33_outside_is_as_sure_as_the_surest_of_33(value, word):
    """One of 33 boroughs is outside 99.8% in six editions of a hundred by chance alone."""
    funnel = index_funnel([value] + [60.0] * 32)
    edition = made_up_edition.sample(kind="monthly", funnels=(funnel,))
    found = [one.confidence for one in outlier_findings(edition)]
    assert found == ([f"{word} evidence"] if word else [])


def fired_rows(*counts):
    return tuple(
        FiredShare(
            dimension="ethnicity_officer",
            group=f"group {i}",
            drawn=drawn,
            fired=fired,
            share=fired / drawn,
            low=0.0,
            high=1.0,
            p=None if i == 0 else 0.0,
        )
        for i, (drawn, fired) in enumerate(counts)
    )


def gated_fired(*counts):
    return gate.safe_edition(
        msgspec.structs.replace(made_up_edition.bare_edition(), fired=fired_rows(*counts))
    ).fired


def test_p_of_who_was_fired_at_allows_for_all_groups_compared():
    first, alone = gated_fired((400, 100), (400, 130))
    _, one, *_ = gated_fired((400, 100), (400, 130), (400, 105), (400, 110))
    assert (first.p, alone.p) == (None, pytest.approx(0.023, abs=0.003))
    assert one.p == pytest.approx(3 * alone.p, abs=0.002)


def test_a_group_is_compared_with_a_reference_that_is_shown():
    _, other = gated_fired((400, 5), (400, 130))
    assert (other.share, other.p) == (0.325, None)
