"""Chapters about the sample: figures equal those from single people, planted effects are found."""

import dataclasses
import datetime

import msgspec
import numpy as np
import pytest

from analysis import editions, residents
from analysis.editions import differences, front, perception
from analysis.editions.chapters import funnels, panels, sample
from analysis.editions.chapters import index as index_chapter
from analysis.editions.workings import PILOT
from analysis.statistics import funnel, panel
from analysis.statistics.sampling import estimates, index, proportions, samples
from analysis.statistics.sampling.samples import Design, Sample
from survey.deployments import DeploymentCount, months_before
from tests.analysis.editions import simulated_inputs
from tests.oracles import persons as one_by_one

pytestmark = pytest.mark.slow

ITEMS = ("force_fair", "would_call", "taser_comfort", "listens")


@pytest.fixture(scope="module")
def month():
    return simulated_inputs.inputs_of_city()


@pytest.fixture(scope="module")
def asked(month):
    return perception.window_respondents(month, month.window(month.sampled.day))


@pytest.fixture(scope="module")
def made(month):
    return editions.make_edition(month)


class SinglePeople:
    """The same people with one entry each, and the estimates computed directly from them."""

    def __init__(self, month, first, last):
        voices = [
            voice
            for voice in simulated_inputs.simulated_city().sampled
            if first <= voice.moment.date() <= last
        ]
        self.answers = np.array(
            [[voice.answers.get(item, np.nan) for item in ITEMS] for voice in voices], dtype=float
        )
        self.kinds = margin_columns(voices)
        self.weight = np.array([1 / voice.probability for voice in voices])
        design = {
            "stratum": np.array([voice.area for voice in voices]),
            "psu": np.array([voice.psu for voice in voices]),
        }
        self.raked = samples.rake(self.weight, self.kinds, month.targets)
        self.sample = Sample(
            modes=np.full(len(voices), "sampled"),
            design=Design(weight=self.raked.weight, **design),
        )
        self.score = one_by_one.index_scores(self.answers, reverse=[False] * 4, fewest=3)
        self.of_disability = [voice.answers["disability"] for voice in voices]

    def means(self, y, domain=None, domains=None):
        projection = estimates.Projection(cells=self.kinds, design_weight=self.weight)
        return estimates.means(
            y, self.sample, domain=domain, domains=domains, projection=projection
        )

    def agree(self, item):
        answer = self.answers[:, ITEMS.index(item)]
        return np.where(np.isfinite(answer), (answer >= 4).astype(float), np.nan)


def margin_categories(age, sex, ethnicity):
    ages, sexes = residents.AGES, residents.SEXES
    known = age in ages and sex in sexes
    return (
        sexes.index(sex) * len(ages) + ages.index(age) if known else -1,
        residents.ETHNICITIES.index(ethnicity) if ethnicity in residents.ETHNICITIES else -1,
    )


def margin_columns(voices):
    categories = [
        margin_categories(*(voice.answers[one] for one in ("age", "sex", "ethnicity")))
        for voice in voices
    ]
    return {
        "area": np.array([simulated_inputs.CODES.index(voice.area) for voice in voices]),
        "age_sex": np.array([one[0] for one in categories]),
        "ethnicity": np.array([one[1] for one in categories]),
    }


@pytest.fixture(scope="module")
def persons(month):
    return SinglePeople(month, month.start, month.end)


def estimate_figures(found):
    return [
        getattr(found, name)
        for name in ("n", "effective_n", "value", "standard_error", "low", "high")
    ]


def assert_same_estimate(ours, theirs, scale=1.0):
    n, n_eff, *rest = estimate_figures(theirs)
    assert estimate_figures(ours) == pytest.approx(
        [n, n_eff, *(scale * one for one in rest)], rel=1e-7
    )


@pytest.mark.slow
def test_the_weights_are_those_of_the_people_one_by_one(month, asked, persons):
    found, kish = sample.window_weighting(month, asked), samples.kish(persons.raked.weight)
    assert found.n == len(persons.weight)
    assert (found.kish, found.effective_n) == pytest.approx((kish.deff, kish.n_eff))
    assert found.trimmed == pytest.approx(persons.raked.trimmed_share)
    assert (found.raked, found.flag, found.vintage) == (True, "green", "invented")
    assert found.margins == ("borough", "age and sex", "ethnic group")
    assert (found.invited, found.response_rate) == (None, None)


def test_the_response_rate_is_of_all_who_were_asked(month, asked):
    invited = dataclasses.replace(month, invited=40_000, invited_answered=10_000)
    assert sample.window_weighting(invited, asked).response_rate == 0.25


def test_thin_cells_are_named_and_not_counted(month):
    early = month.start + datetime.timedelta(days=6)
    voices = [
        v
        for v in simulated_inputs.simulated_city().sampled
        if month.start <= v.moment.date() <= early
    ]
    few = simulated_inputs.inputs_of_city(voices=voices)
    found = sample.window_weighting(
        few, perception.window_respondents(few, few.window(few.sampled.day))
    )
    assert found.joined
    assert found.joined[0] == "There were too few answers to weight by borough."
    assert found.joined[-1] == "Combined when weighting by ethnic group: mixed, white and other."
    assert found.margins == ("age and sex", "ethnic group")
    assert not any("n=" in one for one in found.joined)


def test_reliability_is_that_of_the_answers(month, made):
    voices = [v for v in simulated_inputs.simulated_city().sampled if v.moment.date() <= month.end]
    answers = [[voice.answers.get(item, np.nan) for item in ITEMS] for voice in voices]
    given = one_by_one.item_sums(np.array(answers, dtype=float))
    alpha = index.cronbach_alpha(given)
    found = perception.index_reliability(month)
    assert (found.n, found.alpha, found.low) == pytest.approx((given.n, alpha.alpha, alpha.low))
    assert [r for _, r in found.item_rest] == pytest.approx(
        index.item_rest_correlations(given).tolist()
    )
    assert [item for item, _ in found.item_rest] == list(ITEMS)
    assert made.reliability.publishable
    assert made.index[0].value is not None


def test_agreement_is_that_of_the_people_one_by_one(month, asked, persons):
    found = {one.item: one for one in sample.item_agreement(month, asked)}
    assert list(found) == list(ITEMS)
    for item, one in found.items():
        theirs = proportions.proportion_estimates(persons.means(persons.agree(item)), ["Testham"])[
            0
        ]
        assert_same_estimate(one.agree, theirs, scale=100)
        net = persons.means(one_by_one.net_agreement(persons.answers[:, ITEMS.index(item)]))
        assert one.net.value == pytest.approx(net.value[0])
        assert one.net.standard_error == pytest.approx(net.se[0])
    assert found["listens"].text == "Police listen to people like me."


def test_groups_are_those_of_the_people_one_by_one(asked, persons):
    found = {
        (one.dimension, one.category, one.measure): one for one in sample.group_estimates(asked)
    }
    both = persons.kinds["age_sex"]
    domains = {
        "age": (np.where(both >= 0, both % 7, -1), residents.AGES),
        "sex": (np.where(both >= 0, both // 7, -1), residents.SEXES),
        "ethnicity": (persons.kinds["ethnicity"], residents.ETHNICITIES),
        "disability": (disability_codes(persons), ("yes", "no")),
    }
    for dimension, (domain, names) in domains.items():
        of_index = persons.means(persons.score, domain, len(names))
        theirs = estimates.to_estimates(of_index, names, stream="sampled", method="t")
        shares = proportions.proportion_estimates(
            persons.means(persons.agree("taser_comfort"), domain, len(names)), names
        )
        for name, one, share in zip(names, theirs, shares, strict=True):
            assert_same_estimate(found[dimension, name, "index"].estimate, one)
            assert_same_estimate(found[dimension, name, "taser_comfort"].estimate, share, scale=100)
    assert len(found) == 5 * (7 + 2 + 5 + 2)


def disability_codes(persons):
    named = {"yes": 0, "no": 1}
    return np.array([named.get(one, -1) for one in persons.of_disability])


def test_small_areas_are_the_model_s_over_the_people_one_by_one(month, asked, persons):
    area = persons.kinds["area"]
    direct = persons.means(persons.score, area, 33)
    unit = (direct.df * direct.se**2 * direct.n_eff).sum() / direct.df.sum()
    young = 1 - month.targets["area"] / month.residents
    x = np.column_stack([np.ones(33), (young - young.mean()) / young.std()])
    theirs = index.fay_herriot(direct.value, unit / direct.n_eff, x)
    found = index_chapter.small_area_estimates(month, asked)
    assert [one.value for one in found] == pytest.approx(theirs.value.tolist())
    assert [one.own for one in found] == pytest.approx(theirs.gamma.tolist())
    assert [one.low for one in found] == pytest.approx(theirs.interval()[0].tolist())


def test_boroughs_with_as_many_answers_have_intervals_of_about_the_same_width(month, asked):
    reach = [one.high - one.low for one in index_chapter.index_estimates(month, asked)[1:]]
    assert max(reach) < 1.5 * min(reach)


def test_the_model_comes_nearer_to_the_truth_than_the_boroughs_own_answers(month, asked):
    truth = simulated_inputs.simulated_city().truth
    weeks = slice(month.day_of(month.start) // 7, month.day_of(month.end) // 7 + 1)
    true = truth[:, weeks].mean(axis=1)
    found = index_chapter.small_area_estimates(month, asked)
    # The answers are rounded and cut off at the ends, alike in all boroughs.
    error = [
        np.var([value - t for value, t in zip(values, true, strict=True)])
        for values in ([one.value for one in found], [one.direct.value for one in found])
    ]
    assert error[0] < error[1]


def test_small_areas_need_ten_boroughs(month):
    few = dataclasses.replace(month, sampled=month.sampled.only(month.sampled.area < 9), targets={})
    window = perception.window_respondents(few, few.window(few.sampled.day))
    assert index_chapter.small_area_estimates(few, window) == ()


def test_the_picture_of_the_funnel_says_the_same_as_its_words(made):
    (found,) = [one for one in made.funnels if one.measure == "index"]
    limits = {one.size: one for one in found.limits}
    assert found.target == made.index[0].value
    values = {one.domain: one.value for one in made.index}
    for spot in found.spots:
        assert spot.value == values[spot.domain]
        assert spot.place == funnel.limits_status(spot.value, limits[spot.size])
    zones = {spot.domain: spot.place for spot in found.spots}
    assert {tile.area: tile.zone for tile in made.tiles} == zones


def test_a_borough_far_from_all_others_is_outside_the_funnel(month):
    sampled = month.sampled
    far = dataclasses.replace(
        sampled, score=np.where(sampled.area == 5, sampled.scored * 5.0, sampled.score)
    )
    given = dataclasses.replace(month, sampled=far)
    (found,) = funnels.index_funnels(
        given, perception.window_respondents(given, given.window(far.day))
    )
    assert {spot.domain for spot in found.spots if spot.place == "below"} == {"E05"}


def with_random_answers(month, seed=1):
    """Inputs of the same people with random answers, unrelated to one another."""
    rng = np.random.default_rng(seed)
    voices = [
        dataclasses.replace(
            voice, answers=voice.answers | {item: int(rng.integers(1, 6)) for item in ITEMS}
        )
        for voice in simulated_inputs.simulated_city().sampled
    ]
    return simulated_inputs.inputs_of_city(voices=voices, kind=month.kind)


def test_an_index_whose_items_do_not_go_together_is_not_told(month):
    given = with_random_answers(month)
    assert len(given.sampled) == len(month.sampled)
    made = editions.make_edition(given)
    assert not made.reliability.publishable
    assert {one.value for one in made.index} == {None}
    assert made.index[0].n == pytest.approx(made.weighting.n, rel=0.05)
    assert {point.estimate.value for point in made.index_series} == {None}
    assert {tile.standing for tile in made.tiles} == {"withheld"}
    assert (made.small_areas, made.starts) == ((), ())
    assert "index" not in {one.measure for one in made.funnels}
    assert (made.association, made.profile) == (None, None)
    assert perception.HELD_BACK in made.caveats
    assert "do not go together" not in " ".join(one.sentence for one in made.findings)
    assert "answers to its questions do not agree" in made.headline[0]
    assert len(made.agreement) == 4
    assert {one.estimate.value for one in made.groups if one.measure == "index"} == {None}
    assert None not in {one.agree.value for one in made.agreement}


def test_two_answers_say_nothing_of_reliability(month):
    few = simulated_inputs.completed_answers(
        simulated_inputs.answer_cells(simulated_inputs.simulated_city().sampled[:2])
    )
    assert perception.index_reliability(dataclasses.replace(month, completed=few)) is None


def test_answers_that_do_not_fit_the_margins_are_named_so(month):
    doubled = month.targets | {"ethnicity": 2 * month.targets["ethnicity"]}
    made = editions.make_edition(dataclasses.replace(month, targets=doubled))
    assert made.weighting.margins
    assert not made.weighting.raked
    assert {one.agree.value for one in made.agreement} == {None}
    assert made.index[0].value is None
    assert made.findings[0].sentence == made.association.sentence


def test_weights_that_are_too_unequal_tell_nothing(month):
    weight = np.where(np.arange(len(month.sampled.weight)) % 40 == 0, 1e6, 1.0)
    given = dataclasses.replace(
        month, targets={}, sampled=dataclasses.replace(month.sampled, weight=weight)
    )
    made = editions.make_edition(given)
    assert (made.weighting.flag, made.weighting.raked) == ("red", False)
    assert {one.value for one in made.index} == {None}


def with_planted_association(month, beta, seed=5):
    """Inputs in which each borough's index follows last week's deployments, almost exactly."""
    rng = np.random.default_rng(seed)
    counts = np.nan_to_num(perception.weekly_deployments(month))
    exposure = np.zeros_like(counts)
    exposure[:, 1:] = 1e4 * counts[:, :-1] / month.residents[:, None]
    value = 60 + rng.normal(0, 4, (33, 1)) + beta * exposure + rng.normal(0, 0.5, counts.shape)
    weeks = []
    for week in month.index_weeks:
        at = (week.start - month.first).days // 7
        own = value[:, min(at, value.shape[1] - 1)]
        direct = tuple((code, float(own[i]), 12.0) for i, code in enumerate(simulated_inputs.CODES))
        weeks.append(msgspec.structs.replace(week, direct=direct))
    return dataclasses.replace(month, index_weeks=weeks)


def test_an_association_at_lag_one_is_found_there_and_not_before(month):
    given = with_planted_association(month, -3.0)
    found = panels.edition_lag_profile(given)
    by_lag = {one.lag: one for one in found.lags}
    assert by_lag[1].low < -3.0 < by_lag[1].high < 0
    assert by_lag[1].p < 0.001
    assert found.placebo.low < 0 < found.placebo.high
    assert "1" in found.sentence
    assert "not proof of cause" in found.sentence
    fit = panel.lag_profile(perception.weekly_panel(given)).fits[1]
    assert by_lag[1].beta == float(fit.beta[0])


def test_other_choices_stand_beside_the_one_set_down(month):
    found = panels.edition_lag_profile(with_planted_association(month, -3.0))
    choices = {one.choice: one for one in found.otherwise}
    assert list(choices) == [
        panels.TRENDS,
        panels.LOGGED,
        panels.FIRED_ONLY,
        panels.WITHOUT,
    ]
    left_out = choices[panels.WITHOUT]
    assert left_out.low < left_out.beta < left_out.high < 0
    assert panels.used_seeds(found) == ()


def test_few_boroughs_with_deployments_ask_for_the_bootstrap(month):
    few = [one for one in month.counts if one.area in simulated_inputs.CODES[1:7]]
    found = panels.edition_lag_profile(dataclasses.replace(month, counts=few))
    assert found.otherwise[-1].choice == panels.WILD
    assert panels.used_seeds(found) == (panels.SEED,)
    assert panels.edition_lag_profile(dataclasses.replace(month, counts=few)) == found


def test_without_an_association_the_sentence_says_what_would_go_unseen(month):
    found = panels.edition_lag_profile(with_planted_association(month, 0.0, seed=8))
    assert "no clear evidence of an association at any of 5 lags" in found.sentence


def window_differences(month):
    window = month.window(month.sampled.day)
    return differences.window_differences(
        month, perception.window_respondents(month, window), window
    )


def test_what_is_compared_is_the_kernel_s_difference(month):
    """Two months from single answers, without projection; both months share wards (PSUs)."""
    given = dataclasses.replace(month, targets={})
    found = window_differences(given)[0]
    last = given.start - datetime.timedelta(days=1)
    persons = SinglePeople(month, last.replace(day=1), given.end)
    days = [
        voice.moment.date()
        for voice in simulated_inputs.simulated_city().sampled
        if last.replace(day=1) <= voice.moment.date() <= given.end
    ]
    now = np.array([day >= given.start for day in days])
    design = dataclasses.replace(persons.sample.design, weight=persons.weight)
    theirs = estimates.difference(
        persons.score,
        Sample(modes=persons.sample.modes, design=design),
        first=now,
        second=~now,
    )
    assert (found.of, found.domain) == ("index", "Testham")
    assert found.value == pytest.approx(float(theirs.value[0]))
    assert found.detectable == pytest.approx(3.8094 * float(theirs.se[0]), rel=1e-4)


def test_each_window_is_raked_on_its_own(month):
    found = window_differences(month)[0]
    last = month.start - datetime.timedelta(days=1)
    now = SinglePeople(month, month.start, month.end)
    before = SinglePeople(month, last.replace(day=1), last)
    moved = now.means(now.score).value[0] - before.means(before.score).value[0]
    assert found.value == pytest.approx(moved)


def with_city_step(month, step, spread=0.3):
    """The same weeks with a city's index that is flat but for a step on the pilot's first day."""
    rng = np.random.default_rng(3)
    weeks = [
        msgspec.structs.replace(
            week,
            city=msgspec.structs.replace(
                week.city,
                value=60.0 + step * (week.start >= PILOT.day) + rng.normal(0, spread),
            ),
        )
        for week in month.index_weeks
    ]
    return dataclasses.replace(month, index_weeks=weeks)


@pytest.fixture(scope="module")
def long():
    """Forty weeks, the pilot's day after ten of them."""
    return simulated_inputs.inputs_of_city(weeks=40)


@pytest.mark.slow
def test_a_step_on_the_pilot_s_day_is_found_and_called_weak(long):
    found = panels.pilot_starts(with_city_step(long, -4.0), PILOT.day)
    assert [one.design for one in found] == ["interrupted"]
    assert found[0].low < -4.0 < found[0].high < 0
    assert found[0].strength == "weak"
    assert "fell by" in found[0].sentence
    assert "only 10 weeks before the start" in found[0].sentence
    assert "nothing to compare it with" in found[0].sentence


def test_without_a_step_there_is_no_clear_evidence_of_one(long):
    (found,) = panels.pilot_starts(with_city_step(long, 0.0), PILOT.day)
    assert found.low < 0 < found.high
    assert found.sentence.startswith("There is no clear evidence that the index changed")


def test_a_series_without_the_pilot_s_day_tells_of_no_start(long):
    later = PILOT.day + datetime.timedelta(weeks=200)
    assert panels.pilot_starts(long, later) == ()
    assert panels.pilot_starts(long, long.first) == ()


def with_area_starts(month, effect, together=False):
    """Inputs in which one more borough starts each week from the pilot on (or 16 at once), and its
    index changes by `effect` from then on.
    """
    rng = np.random.default_rng(4)
    week = month.day_of(PILOT.day) // 7
    began = {
        code: week if together else week + i
        for i, code in enumerate(simulated_inputs.CODES[1:])
        if i < (16 if together else month.weeks)
    }
    counts = [
        DeploymentCount(
            area=code,
            start=month.first + datetime.timedelta(weeks=at),
            end=month.first + datetime.timedelta(weeks=at, days=6),
            measure="incidents",
            tactic="drawn",
            group="all",
            count=1,
        )
        for code, at in began.items()
    ]
    level = dict(zip(simulated_inputs.CODES, rng.normal(60, 4, 33), strict=True))
    weeks = [
        msgspec.structs.replace(
            one,
            direct=tuple(
                (
                    code,
                    level[code] + effect * (at >= began.get(code, 999)) + float(rng.normal(0, 0.4)),
                    12.0,
                )
                for code in simulated_inputs.CODES
            ),
        )
        for at, one in ((month.day_of(one.start) // 7, one) for one in month.index_weeks)
    ]
    return dataclasses.replace(month, index_weeks=weeks, counts=counts)


def test_boroughs_that_begin_in_turn_are_compared_with_those_that_have_not(long):
    found = panels.pilot_starts(with_area_starts(long, -2.0), PILOT.day)[-1]
    assert found.design == "staggered"
    assert found.low < -2.0 < found.high < 0
    after = [one for one in found.bins if one.weeks >= 0]
    before = [one for one in found.bins if one.weeks < 0]
    assert len(before) == 4
    assert all(one.high < 0 for one in after)
    assert max(abs(one.effect) for one in before) < 0.5
    assert "not random" in found.sentence


def test_boroughs_that_begin_at_once_are_an_event_study(long):
    found = panels.pilot_starts(with_area_starts(long, -2.0, together=True), PILOT.day)[-1]
    assert (found.design, found.strength) == ("event_study", "weak")
    assert found.low < -2.0 < found.high < 0
    assert -2 not in {one.weeks for one in found.bins}


def test_where_all_have_begun_within_weeks_none_is_left_to_compare_with(long):
    found = panels.pilot_starts(long, PILOT.day)
    assert [one.design for one in found] == ["interrupted"]


def with_answers_moved_by(month, points):
    """Inputs in which everyone's score in the last month is moved by this many points."""
    last = month.window(month.sampled.day)
    score = month.sampled.score + np.where(last, points * month.sampled.scored, 0.0)
    return dataclasses.replace(month, sampled=dataclasses.replace(month.sampled, score=score))


@pytest.mark.parametrize(
    ("months_ago", "words"),
    [
        (1, "compared with the month before. It was"),
        (2, "compared with the month before, for which there is no current report. It was"),
        (None, "compared with the month before, for which there is no current report. It was"),
    ],
)
def test_a_change_says_whether_there_is_a_report_of_the_time_before(month, months_ago, words):
    """Both windows are computed from answers, so they are compared without a report too."""
    start = month.start if months_ago is None else months_before(month.start, months_ago)
    last = dataclasses.replace(month, start=start, end=start + datetime.timedelta(days=27))
    known = front.bare_edition(last) if months_ago else None
    assert (
        words in editions.make_edition(dataclasses.replace(month, last=known)).findings[0].sentence
    )


def test_a_fall_is_the_first_finding_with_how_sure_it_is(month):
    now = editions.make_edition(month)
    made = editions.make_edition(with_answers_moved_by(month, -6.0))
    first = made.findings[0]
    assert "The perception index for Testham fell from" in first.sentence
    assert "the month before, for which there is no current report (by" in first.sentence
    assert f"to {made.index[0].value:.1f} in" in first.sentence
    assert first.confidence == "strong evidence"
    assert len(made.findings) <= 5
    assert first != now.findings[0]
    assert made.association.sentence in [one.sentence for one in made.findings]


def test_no_change_is_said_with_what_would_go_unseen(month):
    steady = with_answers_moved_by(month, -window_differences(month)[0].value)
    first = editions.make_edition(steady).findings[0]
    assert "no clear evidence that the perception index for Testham changed" in first.sentence
    assert "seldom shows" in first.sentence
    level = editions.make_edition(steady).index[0].value
    assert f"It was {level:.1f} and is {level:.1f}. The real change" in first.sentence
    assert first.confidence == "no clear evidence"


def test_a_week_tells_what_changed_in_four_weeks(month):
    week = simulated_inputs.inputs_of_city(kind="weekly")
    made = editions.make_edition(week)
    assert made.weighting is not None
    assert (made.agreement, made.groups, made.small_areas, made.profile) == ((), (), (), None)
    assert "in the four weeks to 20 January 2008" in made.findings[0].sentence
    assert len(made.findings) <= 5


def test_boroughs_are_not_compared_on_a_handful_of_answers(month):
    area = month.sampled.area
    thin = month.sampled.only((area != 3) | (np.arange(len(area)) % 12 == 0))
    given = dataclasses.replace(month, sampled=thin)
    window = given.window(thin.day)
    both = differences.joined_windows(given, perception.window_respondents(given, window), window)
    areas = [
        one.domain for one in differences.index_differences(both, given.codes, both.sampled.area)
    ]
    assert "E03" not in areas
    assert len(areas) == 32


def test_the_widest_gap_between_groups_is_told(month):
    sampled = month.sampled
    black = sampled.kinds["ethnicity"] == residents.ETHNICITIES.index("black")
    score = np.where(black, sampled.score - 12.0 * sampled.scored, sampled.score)
    given = dataclasses.replace(month, sampled=dataclasses.replace(sampled, score=score))
    text = " ".join(one.sentence for one in editions.make_edition(given).findings)
    assert "By ethnicity, the perception index was lowest for Black" in text
