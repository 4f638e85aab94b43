"""The first lines of an edition: what changed for the city, and which boroughs need a look."""

import datetime

import msgspec
import pytest

from analysis.editions.differences import WindowDifference, change_findings
from analysis.editions.findings import deployment_findings
from analysis.editions.front import last_figures, lead_sentences
from survey.editions.actions import Alert
from survey.themes.demands import EditionCampaign
from tests.analysis.editions.full_editions import full_weekly_edition

DAY = datetime.date(2008, 7, 6)
LAMBETH, SUTTON, CAMDEN = "E09000022", "E09000029", "E09000007"


def alert(domain, *, standing="new", level="amber", rule="funnel_index"):
    return Alert(
        key=f"{rule}/{domain}",
        rule=rule,
        level=level,
        domain=domain,
        sentence="The index is outside its limits.",
        standing=standing,
        since=DAY,
        until=DAY,
    )


def edition_with(*alerts, change=0.7, **fields):
    """A week whose index is 58.4, with the finding of its change by `change` (at most 1.5 off)."""
    edition = full_weekly_edition(alerts=alerts, **fields)
    moved = difference(edition.city, "index", change)
    return msgspec.structs.replace(edition, findings=tuple(change_findings(edition, [moved])))


def difference(domain, of, change):
    return WindowDifference(
        of=of,
        domain=domain,
        value=change,
        low=change - 1.5,
        high=change + 1.5,
        p=0.4 if abs(change) < 1.5 else 0.001,
        detectable=2.1,
        se=0.75,
        df=100,
        answers=800.0,
    )


def quiet_edition(*alerts, **fields):
    """A week whose deployments are within the expected range."""
    return edition_with(*alerts, this_period=None, **{"campaigns": ()} | fields)


def test_a_quiet_week_says_that_nothing_clearly_changed():
    assert lead_sentences(quiet_edition()) == ("Nothing clearly changed for London.",)


def test_without_an_edition_before_nothing_is_said_of_change():
    first = full_weekly_edition(alerts=(), findings=(), campaigns=(), this_period=None)
    assert lead_sentences(first) == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (2.4, "The perception index for London rose from 56.0 to 58.4."),
        (-2.4, "The perception index for London fell from 60.8 to 58.4."),
    ],
)
def test_a_clear_change_of_the_index_is_said_as_in_the_finding(change, words):
    edition = quiet_edition(change=change)
    assert lead_sentences(edition) == (words,)
    assert edition.findings[0].sentence.startswith(words.removesuffix("."))


@pytest.mark.parametrize(
    ("change", "words"), [(9.0, "towards agreeing"), (-9.0, "away from agreeing")]
)
def test_a_change_of_a_question_is_a_change(change, words):
    """Beside it the first lines cannot say that nothing changed."""
    edition = quiet_edition()
    moved = [
        difference(edition.city, "index", 0.7),
        difference(edition.city, "I feel safe.", change),
    ]
    found = msgspec.structs.replace(edition, findings=tuple(change_findings(edition, moved)))
    assert lead_sentences(found) == (f"Answers to “I feel safe.” moved {words}.",)


@pytest.mark.parametrize(
    ("events", "word"), [(180, "above"), (20, "below")], ids=["above", "below"]
)
def test_deployments_outside_their_expected_range_are_a_change(events, word):
    found = full_weekly_edition().this_period
    period = msgspec.structs.replace(
        found, events=events, low=70.0, high=110.0, lowest=60.0, highest=120.0
    )
    words = lead_sentences(edition_with(this_period=period))[0]
    assert words == f"Deployments were {word} what was expected: about {events}, not 60 to 120."


def test_deployments_that_one_period_in_twenty_has_are_no_change():
    """Seven of 295 editions said so of what chance did. An alert still asks to look at it."""
    period = msgspec.structs.replace(
        full_weekly_edition().this_period,
        **{"events": 115, "low": 70.0, "high": 110.0, "lowest": 60.0, "highest": 120.0},
    )
    edition = edition_with(this_period=period)
    assert not any("Deployments were" in one for one in lead_sentences(edition))
    assert [*deployment_findings(edition)] == []
    far = msgspec.structs.replace(period, events=125)
    [one] = deployment_findings(edition_with(this_period=far))
    assert "more than the 60 to 120 expected from the weeks before" in one.sentence


def test_boroughs_with_an_alert_need_a_look_and_new_ones_come_first():
    found = quiet_edition(
        alert(CAMDEN, standing="continuing"), alert(LAMBETH), alert(SUTTON, standing="closed")
    )
    assert lead_sentences(found)[1] == "2 boroughs need a look: Lambeth (new), Camden."
    assert lead_sentences(quiet_edition(alert(CAMDEN)))[1] == "Camden (new) needs a look."


def test_of_many_boroughs_the_rest_is_counted():
    areas = [tile.area for tile in full_weekly_edition().tiles][:7]
    words = lead_sentences(quiet_edition(*map(alert, areas)))[1]
    assert words.startswith("7 boroughs need a look: ")
    assert words.endswith("3 more.")


def test_what_is_red_for_the_city_is_said_and_missing_data_are_not():
    red = alert("London", level="red", rule="death")
    data = alert("London", level="data", rule="few_answers")
    assert lead_sentences(quiet_edition(red, data))[1:] == ("The index is outside its limits.",)


def test_news_of_the_city_is_said_in_the_edition_that_it_is_new_in():
    for standing, told in (("new", 1), ("continuing", 0)):
        red = alert("London", level="red", rule="under_18", standing=standing)
        news = msgspec.structs.replace(red, of="first")
        assert len(lead_sentences(quiet_edition(news))[1:]) == told


def test_last_figures_are_those_that_the_edition_before_printed():
    now = full_weekly_edition()
    city = msgspec.structs.replace(now.index[0], value=59.04, standard_error=0.5)
    last = msgspec.structs.replace(
        now,
        index=(city, *now.index[1:]),
        start=now.start - datetime.timedelta(weeks=1),
        end=now.end - datetime.timedelta(weeks=1),
        index_from=(now.index_from or now.start) - datetime.timedelta(weeks=1),
    )
    found = {one.figure: one.was for one in last_figures(now, last)}
    assert found["index"] == 59.0
    assert found["wrote"] == now.received[0].open
    assert list(last_figures(now, None)) == []


def test_a_campaign_is_said_in_the_first_lines_with_what_it_asks():
    campaign = EditionCampaign(
        id="c1",
        stream="open",
        themes=("Young people",),
        texts=40,
        first=DAY,
        last=DAY,
        name="no Taser in schools",
    )
    words = lead_sentences(quiet_edition(campaigns=(campaign,)))[1]
    assert words == (
        "The same letter was received about 40 times from 6 July 2008 to 6 July 2008: no Taser in "
        "schools."
    )
