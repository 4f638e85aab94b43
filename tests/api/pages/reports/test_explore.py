"""The dashboard: filters in the address, and no choice of them shows more than the editions do."""

import csv
import html
import io
import itertools
import re

import msgspec
import pytest

from api.editions.history import HISTORY_HEAD, kept_figures
from api.editions.history.choices import DIMENSIONS, FIGURES, Filters, explore_rows
from api.editions.history.explorer import explore_view
from api.editions.theme_tables import STREAMS
from survey.store import editions
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import WEEK
from tests.api.pages.reports.test_history import HACKNEY, as_written, published  # noqa: F401
from tests.api.pages.reports.test_listing import A_WEEK, in_week

LAMBETH = "E09000022"
pytestmark = pytest.mark.usefixtures("published")


def query(**filters):
    return "&".join(f"{name}={value}" for name, value in filters.items())


async def csv_rows(client, address):
    return list(csv.DictReader(io.StringIO((await client.get(address)).text)))


def every_choice():
    """Every figure with every choice that belongs to it, for all places and for one."""
    kinds, places = ("weekly", "monthly"), ("", HACKNEY)
    for figure, kind, place in itertools.product(FIGURES, kinds, places):
        chosen = {"figure": figure, "kind": kind} | ({"place": place} if place else {})
        if figure == "groups":
            yield from (chosen | {"dimension": one} for one in DIMENSIONS)
        elif figure == "themes":
            yield from (chosen | {"theme": "taser", "stream": one} for one in STREAMS)
        else:
            yield chosen
    yield {}
    yield {"figure": "index&figure=complaints", "place": f"{HACKNEY}&place={LAMBETH}"}


async def published_rows(client, db):
    """Every row of every published edition, and each number as a page may write it."""
    async with db.connection() as connection:
        lines = await editions.load_current(connection)
    links = [f"/reports/{one.kind}/{one.start}" for one in lines]
    rows, written = set(), set()
    for link in links:
        for row in await csv_rows(client, f"{link}/edition.csv"):
            rows.add(tuple(row.values()))
            written.update(as_written(row))
    return rows, written


async def test_no_choice_shows_a_figure_that_no_edition_has(client, db):
    rows, written = await published_rows(client, db)
    assert rows
    for chosen in every_choice():
        found = await csv_rows(client, f"/explore/figures.csv?{query(**chosen)}")
        assert {tuple(row.values())[2:] for row in found} <= rows, chosen
        page = (await client.get(f"/explore?{query(**chosen)}")).text
        parts = r"<t[dh][^>]*>(.*?)</t[dh]>|panels__value[^>]*>(.*?)</p>|data-figures=\"(.*?)\""
        shown = re.findall(parts, page, re.S)
        words = " ".join(html.unescape(re.sub("<[^>]+>", " ", "".join(one))) for one in shown)
        numbers = set(re.findall(r"(?<![\w.])\d[\d,]*(?:\.\d+)?%?(?![\w])", words))
        unknown = {n for n in numbers if n not in written and not is_of_a_label(n, words)}
        assert not unknown, (chosen, unknown)


def is_of_a_label(number, words):
    """Whether a number is part of the name of a report or group ("Week 27 of 2008", "16 to 24")."""
    labels = re.findall(
        r"Week \d+ of \d{4}|\w+ \d{4}|edition \d+|\d+ to \d+|\d+ and over|\d+\+", words
    )
    return any(number in re.findall(r"\d+", label) for label in labels)


async def test_a_choice_is_in_the_address_and_comes_back(client):
    address = (
        f"/explore?figure=index&figure=deployments&kind=weekly&place={HACKNEY}&place={LAMBETH}"
    )
    page = (await client.get(address)).text
    for value in (HACKNEY, LAMBETH, "index", "deployments"):
        assert f'value="{value}" checked' in page
    assert html.escape(address) in page or address in page
    heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page)
    assert heads == 2 * ["Report", "Hackney", "Lambeth"]
    rows = await csv_rows(client, address.replace("/explore", "/explore/figures.csv"))
    assert {(row["table"], row["domain"]) for row in rows} == {
        (table, place) for table in ("index", "deployments") for place in (HACKNEY, LAMBETH)
    }


async def test_it_opens_on_the_city_with_a_sentence_and_the_boroughs_by_value(client):
    page = html.unescape((await client.get("/explore")).text)
    parts = page.split('<section class="explored__figure"')[1:]
    assert len(parts) == 2
    for part in parts:
        assert re.search(r'<p class="govuk-body">London: [\d.]+', part)
        assert 'class="figure__picture"' in part
        shown = re.findall(r'panels__value">(.*?)</p>', part, re.S)
        values = [float(one[1]) for words in shown if (one := re.search(r"(\d+\.\d+)\s\(", words))]
        assert values == sorted(values, reverse=True)
        assert len(values) > 2 or 'id="index"' not in part


async def test_what_is_unknown_or_turned_round_is_no_error(client):
    response = await client.get(
        "/explore?place=E99&theme=none&stream=none&dimension=none&kind=monthly"
        "&first=2030-01-01&last=2001-01-01&figure=secret"
    )
    assert response.status_code == 200
    for name in ("E99", "secret", "2030-01-01", "2001-01-01"):
        assert re.search(f"No report has what this address asks for:[^<]*{name}", response.text)
    assert "figure=index&amp;figure=deployments&amp;kind=monthly" in response.text


@pytest.mark.parametrize("wrong", ["kind=daily", "first=tomorrow", "last=2008-13-01"])
async def test_a_wrong_word_in_the_address_is_said_and_what_was_chosen_stays(client, wrong):
    page = await client.get(f"/explore?figure=complaints&place={HACKNEY}&{wrong}")
    assert page.status_code == 200
    said = re.search("No report has what this address asks for: ([^<]*)", page.text)[1]
    assert said.startswith(f"{wrong.partition('=')[2]}.")
    assert f"figure=complaints&amp;kind=weekly&amp;place={HACKNEY}" in page.text


async def test_two_of_the_same_are_one_and_turned_days_are_the_same_days(client):
    once = await client.get(f"/explore?figure=index&kind=weekly&place={HACKNEY}")
    twice = await client.get(
        f"/explore?figure=index&figure=index&kind=weekly&place={HACKNEY}&place={HACKNEY}"
    )
    assert twice.text.count("explored__figure") == once.text.count("explored__figure") == 1
    assert "No report has" not in twice.text
    days = "&first={}&last={}"
    start, end = str(WEEK), str(WEEK + A_WEEK)
    turned = [
        (await client.get(f"/explore?figure=index&kind=weekly{days.format(*pair)}")).text
        for pair in ((start, end), (end, start))
    ]
    assert turned[0] == turned[1]


@pytest.mark.parametrize(
    ("figure", "said"), [("deployments", True), ("complaints", True), ("index", False)]
)
async def test_lines_of_rounded_counts_say_that_a_step_may_be_rounding(client, figure, said):
    page = await client.get("/explore", params={"figure": figure})
    assert ("the line stays level where a count moves by one step" in page.text) is said


def test_counts_that_are_exactly_as_published_are_not_said_to_be_rounded():
    exact = msgspec.structs.replace(full_weekly_edition(), as_published="The Met")
    filters = Filters(figures=("deployments",), kind="weekly")
    shown = [explore_view([one], filters).shown[0] for one in (exact, full_weekly_edition())]
    assert [figure.rounding for figure in shown] == [0, 5]


def test_panels_share_one_scale_and_leave_gaps():
    every = [kept_figures(in_week(week, number=1)) for week in (0, 1, 3)]
    view = explore_view(every, Filters(figures=("index",), places=(HACKNEY, LAMBETH)))
    figure = view.shown[0]
    one = next(one for one in figure.panels if one.name == "Hackney")
    assert len(one.lines) == 1
    assert len(one.dots) == 1
    low, high = figure.scale
    assert float(low) < float(high)
    assert one.figures == tuple(row[1].text for row in reversed(figure.table.rows))
    assert len(view.reports) == len(one.figures) == 3


def test_a_withheld_figure_of_a_panel_has_no_words():
    every = [kept_figures(in_week(week, number=1)) for week in (0, 1)]
    hidden = next(one.domain for one in every[0].index if one.value is None)
    assert explore_view(every, Filters(places=(hidden,))).shown[0].panels[0].figures == ("", "")


def test_groups_of_a_month_are_panels_of_their_own():
    every = [kept_figures(full_weekly_edition()), kept_figures(full_monthly_edition())]
    chosen = Filters(figures=("groups",), kind="monthly", dimension="sex")
    assert len(explore_view(every, chosen).shown[0].panels) == 2
    rows = list(explore_rows(every, chosen))
    assert {row[2] for row in rows} == {"groups: sex"}
    assert {row[HISTORY_HEAD.index("measure")] for row in rows} == {"index"}


async def test_groups_are_downloaded_whatever_places_were_chosen_before(client):
    groups = f"figure=groups&kind=monthly&dimension=sex&place={HACKNEY}"
    text = (await client.get(f"/explore/figures.csv?{groups}")).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["domain"] for row in rows} == {"female", "male"}
