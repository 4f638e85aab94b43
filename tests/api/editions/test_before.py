"""One meaning of "before" for the figures of a page: what the edition of that time printed."""

import datetime

import msgspec
import pytest

from analysis.editions.chapters.history import history_of
from api.editions import report_view
from api.editions.cells import last_time
from api.editions.chapters import deployments
from api.editions.chapters.alerts import figures_in_words
from api.editions.chapters.history import figure_before, said_before
from api.editions.chapters.received import rate_figure, taser_figure
from survey.editions import window_before
from survey.editions.figures import LastFigure
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition

NAMES = {"weekly": "Four weeks before", "monthly": "May 2008"}


def with_complaints(edition, start, end, count, **changes):
    """The edition of other days, with so many complaints of the city and of each borough."""
    rates = tuple(
        msgspec.structs.replace(rate, events=count, per_10_000=count / 100)
        for rate in edition.complaints
    )
    days = {"start": start, "end": end, "rates_from": end - datetime.timedelta(days=90)}
    if edition.kind == "monthly":
        days["rates_from"] = start
    return msgspec.structs.replace(edition, complaints=rates, **days | changes)


def month_end(start):
    return (start + datetime.timedelta(days=32)).replace(day=1) - datetime.timedelta(days=1)


def editions_of(kind, counts):
    """Editions one after another up to the made-up one, with these counts."""
    newest = full_weekly_edition() if kind == "weekly" else full_monthly_edition()
    start = newest.start
    for count in reversed(counts):
        end = start + datetime.timedelta(days=6) if kind == "weekly" else month_end(start)
        yield with_complaints(newest, start, end, count)
        back = start - datetime.timedelta(days=7)
        start = back if kind == "weekly" else window_before(kind, start)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(
    ("kind", "counts", "was"),
    [("weekly", (20, 40, 45, 50, 60), 20), ("monthly", (40, 20, 60), 20)],
)
@pytest.mark.parametrize("turned", [False, True])
def test_complaints_have_the_before_that_its_name_says(kind, counts, was, number, turned):
    """A corrected edition is compared with the time before, never with the edition it corrects."""
    made = sorted(editions_of(kind, counts), key=lambda edition: edition.start, reverse=turned)
    newest = max(made, key=lambda edition: edition.start)
    before = sorted((edition for edition in made if edition is not newest), key=lambda e: e.start)
    newest = msgspec.structs.replace(newest, number=number, moved=(), about_taser=None)
    newest = msgspec.structs.replace(newest, history=history_of([*before, newest]))
    said = f"{NAMES[kind]}: {was}"
    assert said_before(newest, "complaints", newest.city) == said
    (card,) = rate_figure(newest)
    assert card.change == said


def test_where_that_time_printed_nothing_the_page_says_so():
    made = [*editions_of("weekly", (20, 40, 60))][::-1]
    newest = msgspec.structs.replace(made[-1], history=history_of(made))
    assert said_before(newest, "complaints", newest.city) == (
        "Four weeks before: no figure to compare"
    )


@pytest.mark.parametrize("then", [60, 55])
def test_a_step_of_rounding_is_no_change_whatever_the_list_of_changes_says(then):
    made = [*editions_of("weekly", (then, 40, 45, 50, 60))][::-1]
    newest = msgspec.structs.replace(made[-1], history=history_of(made))
    assert figure_before(newest, "complaints", newest.city).verdict == "none_larger"


def with_figures(edition, **figures):
    """The edition compared with the one of these first days, and what that one printed."""
    past = tuple(
        LastFigure(figure=name, was=was, start=start) for name, (was, start) in figures.items()
    )
    start = past[0].start if past else edition.compared_start
    return msgspec.structs.replace(edition, last_figures=past, compared_start=start)


@pytest.mark.parametrize("newest", [full_weekly_edition(), full_monthly_edition()])
def test_all_figures_of_a_page_have_one_time_before_from_the_first_weeks_on(newest):
    """A nearer report is no second "before" next to that of the index."""
    before = window_before(newest.kind, newest.start)
    nearer = newest.start - datetime.timedelta(days=7)
    name = NAMES[newest.kind]
    first_weeks = with_figures(newest, deployments=(30.0, nearer), index=(58.0, before))
    assert last_time(first_weeks, "deployments") == f"{name}: no figure to compare"
    assert last_time(first_weeks, "index") == f"{name}: 58.0"
    later = with_figures(newest, deployments=(30.0, before))
    assert last_time(later, "deployments") == f"{name}: 30"


def test_a_count_that_the_time_before_did_not_print_says_so():
    newest = full_weekly_edition()
    newest = with_figures(newest, index=(58.0, window_before("weekly", newest.start)))
    (taser,) = taser_figure(newest)
    assert taser.change == "Four weeks before: not published"
    # Fewer days may have been counted then.
    assert last_time(newest, "deployments") == "Four weeks before: no figure to compare"
    hidden = msgspec.structs.replace(newest.about_taser.rate, events=None, per_10_000=None)
    hidden = msgspec.structs.replace(newest.about_taser, rate=hidden)
    (taser,) = taser_figure(msgspec.structs.replace(newest, about_taser=hidden))
    assert taser.change == "Four weeks before: no figure to compare"


def test_the_rate_of_deployments_has_a_before_where_it_is_a_main_figure():
    made = [*editions_of("weekly", (20, 40, 45, 50, 60))][::-1]
    newest = msgspec.structs.replace(made[-1], history=history_of(made), this_period=None)
    (card,) = deployments.rate_figure(newest)
    assert card.change == said_before(newest, "deployments", newest.city)
    assert card.change.startswith("Four weeks before: ")


@pytest.mark.parametrize("newest", [full_weekly_edition(), full_monthly_edition()])
def test_alerts_and_changes_name_no_other_time_before(newest):
    """In the first weeks an edition is compared with a nearer one."""
    (alert, *_others) = (one for one in newest.alerts if one.figure is not None)
    alert = msgspec.structs.replace(alert, figure_before=alert.figure)
    edition = msgspec.structs.replace(
        newest, compared_start=window_before(newest.kind, newest.start), alerts=(alert,)
    )
    assert NAMES[newest.kind].lower() in figures_in_words(alert, edition).lower()
    assert "moved" in {section.key for section in report_view(edition, "").every_section}
    nearer = newest.start - datetime.timedelta(days=7)
    first_weeks = msgspec.structs.replace(edition, compared_start=nearer, findings=())
    assert ";" not in figures_in_words(alert, first_weeks)
    assert not {"moved", "changed"} & {
        section.key for section in report_view(first_weeks, "").every_section
    }
    assert "the report from" not in str(report_view(first_weeks, ""))
