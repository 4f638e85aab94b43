"""What changed and why: one reason alone explains the whole change, several add up to it."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.editions import change_figures, comparison, make_edition
from analysis.editions.chapters import changes
from analysis.editions.inputs import EarlierCoding
from survey.themes.codebooks import Codebook, Theme
from tests.analysis.editions import small_inputs
from tests.analysis.editions.small_inputs import (
    CITY,
    CODES,
    change,
    count,
    events,
    inputs_of_week,
    sampled_answers,
    texts,
)

PARTS = ("answers", "restated", "recoded", "method")


def weekly_counts(weeks, per=(12, 15, 11, 20)):
    return [count(code, week, n) for week in weeks for code, n in zip(CODES, per, strict=True)]


def changes_of(now, then=None):
    return changes.change_decomposition(now, change_figures(now), change_figures, then)


def find_city_row(found, figure, unit):
    return next(one for one in found if (one.figure, one.domain, one.unit) == (figure, CITY, unit))


def total_change(one):
    return one.now - one.was


def nonzero_parts(one):
    return {name: getattr(one, name) for name in PARTS if getattr(one, name)}


def text_rows(week, many, theme, stream="open"):
    """Rows of texts that came on the last day of a week."""
    return [(stream, week * 7 + 6, i % 4, [theme]) for i in range(many)]


def with_previous_codebook(now, codes=(0,)):
    """Inputs in which the codebook of the edition before had found 'fair' in these texts."""
    was = now.texts.spoken.copy()
    was[list(codes)] = [True, False]
    book = Codebook(
        version=1,
        themes=tuple(
            Theme(id=one, name={"en": name}, description="", examples=())
            for one, name in small_inputs.THEMES
        ),
    )
    before = EarlierCoding(
        book=book,
        later=(),
        themes=small_inputs.THEMES,
        spoken=was,
        known=np.ones(len(was), dtype=np.bool_),
    )
    return replace(now, before=before, codebook=2)


def test_without_an_edition_before_nothing_moved():
    assert changes_of(inputs_of_week(counts=weekly_counts(range(31)))) == ()


def test_what_stayed_is_not_listed():
    now = inputs_of_week(counts=weekly_counts(range(31)))
    assert changes_of(replace(now, last=change_figures(now).safe)) == ()


def test_a_new_week_is_all_answers():
    before = inputs_of_week(30, counts=weekly_counts(range(31)))
    busy = [*weekly_counts(range(31)), *weekly_counts([31], (40, 15, 11, 60))]
    found = changes_of(inputs_of_week(31, counts=busy, last=change_figures(before).safe))
    one = find_city_row(found, "deployments", "events")
    assert nonzero_parts(one) == {"answers": pytest.approx(total_change(one))}
    assert total_change(one) > 0


def test_a_restatement_alone_is_all_restated():
    before = inputs_of_week(counts=weekly_counts(range(31)))
    counts = [c for c in weekly_counts(range(31)) if c != count("E1", 30, 12)]
    counts.append(count("E1", 30, 62))
    restated = [change("E1", 30, 12, 62)]
    found = changes_of(
        replace(before, counts=counts, restated=restated, last=change_figures(before).safe)
    )
    for unit in ("events", "per_10_000"):
        one = find_city_row(found, "deployments", unit)
        assert nonzero_parts(one) == {"restated": pytest.approx(total_change(one))}
    assert {one.domain for one in found} == {CITY, "E1"}


@pytest.mark.parametrize("now", [63, 66])
def test_a_figure_corrected_to_what_an_edition_counted_in_all_is_shown(now):
    """What was published of its days before is about other events, and hides nothing."""
    counts = weekly_counts(range(31), (5, 15, 11, 20))
    before = make_edition(inputs_of_week(30, counts=counts))
    assert next(one.events for one in before.deployments if one.domain == "E1") == 65
    others = [one for one in counts if one != count("E1", 30, 5)]
    corrected = make_edition(
        inputs_of_week(
            31,
            counts=[*others, count("E1", 30, now), *weekly_counts([31], (5, 15, 11, 20))],
            restated=[change("E1", 30, 5, now)],
            last=before,
            earlier=[before],
        )
    )
    assert [(one.was, one.now) for one in corrected.restated] == [(5, 65)]


def test_a_figure_that_was_not_told_before_is_put_back_to_nothing():
    others = [*weekly_counts(range(30)), count("E1", 30, 12)]
    before = inputs_of_week(counts=others)
    late = [*others, count("E2", 30, 45)]
    found = changes_of(
        replace(
            before,
            counts=late,
            restated=[change("E2", 30, None, 45)],
            last=change_figures(before).safe,
        )
    )
    assert nonzero_parts(find_city_row(found, "deployments", "events")) == {"restated": 45}


@pytest.mark.parametrize(
    "other", [{"source": "Force B"}, {"measure": "subjects"}, {"group": "a:b"}]
)
def test_a_restatement_of_what_is_not_counted_here_moves_nothing(other):
    before = inputs_of_week(30, counts=weekly_counts(range(31)))
    now = inputs_of_week(
        31,
        counts=[*weekly_counts(range(31)), *weekly_counts([31], (40, 40, 40, 40))],
        restated=[change("E1", 30, 12, 62, **other)],
        last=change_figures(before).safe,
    )
    assert comparison.inputs_as_before(now) is None


@pytest.mark.parametrize("more", range(9))
def test_a_restatement_of_a_few_events_looks_like_one_of_none(more):
    """If its parts were left out, that would reveal that one to four events were reported late."""
    before = inputs_of_week(30, counts=weekly_counts(range(31)))
    counts = [c for c in weekly_counts(range(31)) if c != count("E1", 30, 12)]
    now = inputs_of_week(
        31,
        counts=[*counts, count("E1", 30, 12 + more), *weekly_counts([31], (40, 40, 40, 40))],
        restated=[change("E1", 30, 12, 12 + more)] if more else [],
        last=change_figures(before).safe,
    )
    one = next(one for one in changes_of(now) if (one.domain, one.unit) == ("E1", "events"))
    assert one.restated % 5 == 0
    assert abs(one.restated - more) <= 4
    assert one.answers + one.restated == one.now - one.was


def test_another_codebook_alone_is_all_recoded():
    before = inputs_of_week(texts=texts([*text_rows(30, 40, 0), *text_rows(30, 60, 1)]))
    now = inputs_of_week(texts=texts([*text_rows(30, 20, 0), *text_rows(30, 80, 1)]))
    now = with_previous_codebook(
        replace(now, last=change_figures(before).safe), codes=range(20, 40)
    )
    found = changes_of(now)
    one = find_city_row(found, "Taser (open answers)", "share")
    assert (one.was, one.now) == (0.6, 0.8)
    assert nonzero_parts(one) == {"recoded": pytest.approx(0.2)}


def test_texts_that_came_after_the_change_count_as_answers():
    before = inputs_of_week(texts=texts([*text_rows(30, 50, 0), *text_rows(30, 50, 1)]))
    now = inputs_of_week(texts=texts([*text_rows(30, 50, 0), *text_rows(30, 150, 1)]))
    now = with_previous_codebook(replace(now, last=change_figures(before).safe), codes=())
    late = np.arange(200) < 100
    now = replace(now, before=replace(now.before, known=late))
    one = find_city_row(changes_of(now), "Taser (open answers)", "share")
    assert nonzero_parts(one) == {"answers": pytest.approx(0.25)}


def test_a_few_texts_read_otherwise_are_not_told_apart():
    before = inputs_of_week(texts=texts([*text_rows(30, 40, 0), *text_rows(30, 60, 1)]))
    now = inputs_of_week(texts=texts([*text_rows(30, 37, 0), *text_rows(30, 63, 1)]))
    now = with_previous_codebook(
        replace(now, last=change_figures(before).safe), codes=range(37, 40)
    )
    one = find_city_row(changes_of(now), "Taser (open answers)", "share")
    assert one.answers is one.recoded is None


def answer_rows(index, week=30):
    return [(week * 7 + i % 7, i % 4, 5, index + i % 3) for i in range(80)]


def earlier_by(edition, weeks):
    """The same figures as those of an edition that began so many weeks earlier."""
    return msgspec.structs.replace(edition, start=edition.start - weeks * small_inputs.WEEK)


@pytest.fixture
def older_method():
    """Inputs, and an edition that an older method made of them with an index ten points higher."""
    before = inputs_of_week(30, sampled=sampled_answers(answer_rows(60)))
    edition = change_figures(before).safe
    index = tuple(msgspec.structs.replace(one, value=one.value + 10) for one in edition.index)
    return before, msgspec.structs.replace(edition, method_version="1", index=index)


def test_another_method_alone_is_all_method(older_method):
    before, last = older_method
    one = find_city_row(
        changes_of(replace(before, last=last), then=before), "perception index", "points"
    )
    assert nonzero_parts(one) == {"method": pytest.approx(-10)}


def test_without_the_input_of_then_nobody_can_say_what_the_method_did(older_method):
    before, last = older_method
    now = replace(before, last=last)
    one = find_city_row(changes_of(now), "perception index", "points")
    assert one.method is one.answers is None
    assert comparison.unknown_method_caveats(last, change_figures(now).safe, None) == ()
    before_it = earlier_by(last, weeks=4)
    [sentence] = comparison.unknown_method_caveats(before_it, change_figures(now).safe, None)
    assert sentence.startswith("We have changed the method since the report of four weeks before")
    earlier = replace(now, last=before_it)
    assert any("We have changed the method" in one for one in make_edition(earlier).caveats)
    # A nearer report would be a second "before" on the page.
    nearer = replace(now, last=earlier_by(last, weeks=1))
    assert not any("We have changed the method" in one for one in make_edition(nearer).caveats)
    # An edition of the same period is never what figures are compared with.
    assert not any("We have changed the method" in one for one in make_edition(now).caveats)
    assert make_edition(now).moved == ()
    assert comparison.unknown_method_caveats(last, change_figures(now).safe, before) == ()


def test_other_population_figures_are_method():
    before = inputs_of_week(counts=weekly_counts(range(31)))
    last = change_figures(before).safe
    now = replace(before, residents=before.residents * 2, population_basis="another", last=last)
    one = find_city_row(changes_of(now, then=before), "deployments", "per_10_000")
    assert nonzero_parts(one) == {"method": pytest.approx(-one.was / 2, abs=0.01)}


def test_a_figure_that_is_withheld_in_one_of_them_is_not_listed():
    before = inputs_of_week(30, sampled=sampled_answers(answer_rows(60)))
    now = inputs_of_week(
        30, sampled=sampled_answers(answer_rows(70)[:4]), last=change_figures(before).safe
    )
    assert changes_of(now) == ()


def test_a_figure_that_is_withheld_on_the_way_has_no_parts():
    others = [count("E2", 30, 30), count("E3", 30, 30)]
    before = inputs_of_week(30, counts=[count("E1", 30, 30), *others])
    now = replace(
        before,
        counts=[count("E1", 30, 40), *others],
        restated=[change("E1", 30, 2, 40)],
        last=change_figures(before).safe,
    )
    one = next(one for one in changes_of(now) if (one.domain, one.unit) == ("E1", "events"))
    assert (total_change(one), one.answers, one.restated) == (10, None, None)


def test_the_machines_share_is_followed_where_only_one_edition_put_it_right():
    now = inputs_of_week(texts=texts([*text_rows(30, 40, 0), *text_rows(30, 60, 1)]))
    last = change_figures(now).safe
    themes = tuple(
        msgspec.structs.replace(one, share=0.9, machine_share=0.5, corrected=True)
        for one in last.themes
    )
    found = changes_of(replace(now, last=msgspec.structs.replace(last, themes=themes)))
    assert find_city_row(found, "Taser (open answers, machine count)", "share").was == 0.5


counts = st.lists(st.integers(0, 60), min_size=4, max_size=4)


@settings(max_examples=40, deadline=None)
@given(counts, counts, counts, st.integers(0, 60), st.integers(0, 60), st.integers(0, 3))
def test_the_parts_add_up_whatever_moved(old, newer, later, shift, more, method):
    words = [*text_rows(30, 40 + shift, 0), *text_rows(30, 60, 1)]
    before = inputs_of_week(30, counts=weekly_counts([30], old), texts=texts(words))
    last = msgspec.structs.replace(
        change_figures(before).safe, method_version="2" if method else "1"
    )
    restated = [
        change(code, 30, was, now) for code, was, now in zip(CODES, old, newer, strict=True)
    ]
    now = inputs_of_week(
        31,
        counts=[*weekly_counts([30], newer), *weekly_counts([31], later)],
        restated=restated,
        complaints=events([(31 * 7, i, n) for i, n in enumerate(newer)]),
        texts=texts([*words, *text_rows(31, more, 1)]),
        last=last,
    )
    now = with_previous_codebook(now, codes=range(shift))
    for one in changes_of(now, then=before):
        if one.answers is not None:
            added = one.was + one.answers + one.restated + one.recoded + one.method
            assert added == pytest.approx(one.now, abs=1e-9)
        else:
            assert one.restated is one.recoded is one.method is None


def test_the_input_is_read_again_only_where_something_was_told_otherwise():
    before = inputs_of_week(30, counts=weekly_counts(range(31)))
    now = inputs_of_week(
        31, counts=weekly_counts(range(32), (9, 9, 9, 9)), last=change_figures(before).safe
    )

    def never(_):
        raise AssertionError("no figure need be made again")

    assert changes.change_decomposition(now, change_figures(now), never)


def test_what_both_editions_look_back_to_is_no_evidence():
    before, now = (
        change_figures(inputs_of_week(week, counts=weekly_counts(range(32)))).safe
        for week in (30, 31)
    )
    assert comparison.window_overlap(before, now, "rates") == pytest.approx(12 / 13)
    assert comparison.window_overlap(before, now, "index") == pytest.approx(3 / 4)
    month = msgspec.structs.replace(now, rates_from=now.start, rates_counted=None, start=before.end)
    assert comparison.window_overlap(before, month, "rates") == 0


def headline_of(last_week, before=27):
    """The headline of week 31, compared with the edition of the week `before`."""
    last = make_edition(inputs_of_week(before, counts=weekly_counts(range(before + 1))))
    late = [*weekly_counts(range(31)), *weekly_counts([31], last_week)]
    return " ".join(make_edition(inputs_of_week(31, counts=late, last=last)).headline)


def test_the_headline_says_whether_a_move_is_evidence():
    quiet = headline_of((13, 16, 12, 21))
    assert "no clear evidence of a change since the report of four weeks before" in quiet
    busy = headline_of((50, 60, 40, 60))
    assert "The rate rose by" in busy
    assert "95% interval" in busy


def test_the_headline_names_no_nearer_report_than_the_page_does():
    """Found: in its first weeks a page said "the report from 31 August", and nothing else did."""
    for last_week in ((13, 16, 12, 21), (50, 60, 40, 60)):
        said = headline_of(last_week, before=30)
        assert "residents" in said
        assert "since" not in said


def test_the_city_comes_first_then_themes_then_the_clearest_borough():
    before = inputs_of_week(
        30,
        counts=weekly_counts(range(31)),
        sampled=sampled_answers(answer_rows(60)),
        texts=texts([*text_rows(30, 40, 0), *text_rows(30, 60, 1)]),
    )
    now = inputs_of_week(
        31,
        counts=[*weekly_counts(range(31)), *weekly_counts([31], (90, 15, 11, 22))],
        sampled=sampled_answers([*answer_rows(60), *answer_rows(75, week=31)]),
        texts=texts([*text_rows(30, 40, 0), *text_rows(30, 60, 1), *text_rows(31, 90, 1)]),
    )
    found = changes_of(replace(now, last=change_figures(before).safe))
    order = [(one.domain == CITY and one.table != "themes", one.table) for one in found]
    assert [(one.figure, one.unit) for one in found[:2]] == [
        ("perception index", "points"),
        ("deployments", "per_10_000"),
    ]
    city, themes = order.count((True, "index")) + order.count((True, "rates")), found[3:5]
    assert city == 3
    assert {one.table for one in themes} == {"themes"}
    assert found[5].domain == "E1"


def published_changes(before, now):
    return make_edition(replace(now, last=earlier_by(make_edition(before), weeks=1))).moved


def test_what_rounding_alone_can_make_is_no_move():
    """18 and 16 are published as 20 and 15: two uses that look like five."""
    before, now = (
        inputs_of_week(
            counts=[*weekly_counts(range(18, 30), (0, 5, 5, 5)), *weekly_counts([30], newest)]
        )
        for newest in ((18, 50, 50, 50), (16, 50, 50, 80))
    )
    found = published_changes(before, now)
    assert "E1" not in {one.domain for one in found}
    assert {one.unit for one in found if one.domain == "E4"} == {"events", "per_10_000"}
    assert found[0].domain == CITY


def test_the_index_of_the_city_has_an_interval_of_its_change():
    before = inputs_of_week(30, sampled=sampled_answers(answer_rows(60)))
    rows = [*answer_rows(60), *answer_rows(62, week=31)]
    found = published_changes(before, inputs_of_week(31, sampled=sampled_answers(rows)))
    first = found[0]
    assert (first.figure, first.domain) == ("perception index", CITY)
    assert first.low < first.now - first.was < first.high


def test_a_new_codebook_lists_the_theme_with_its_recoded_part():
    before = inputs_of_week(texts=texts([*text_rows(30, 40, 0), *text_rows(30, 60, 1)]))
    now = inputs_of_week(texts=texts([*text_rows(30, 20, 0), *text_rows(30, 80, 1)]))
    now = with_previous_codebook(now, codes=range(20, 40))
    found = {one.figure: one.recoded for one in published_changes(before, now)}
    assert found == {
        "Fairness (open answers)": pytest.approx(-0.2),
        "Taser (open answers)": pytest.approx(0.2),
    }
