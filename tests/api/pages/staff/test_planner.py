"""The planner: how many answers and months until a change shows, by the functions of editions."""

import pytest
from lxml import html

from api.pages.staff.editions.planner import FIELDS, residents_of, usual_numbers
from tests.analysis.editions import full_editions
from tests.api.pages.organiser.results.test_results import page_text, table_of
from tests.people import CINDY

HERE = "/work/planner"
ASKED = {field.name: field.usual for field in FIELDS} | {"low": "", "high": ""}


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


async def test_the_form_comes_filled_in_and_answers_come_when_it_is_sent(cindy):
    page = await cindy.get(HERE)
    typed = dict.fromkeys(("share", "boroughs", "deff"), "")
    for name in typed:
        [typed[name]] = html.fromstring(page.text).xpath(f"//input[@name='{name}']/@value")
    assert typed == {"share": "50", "boroughs": "32", "deff": "1.5"}
    assert "Answers it takes" not in page_text(page)
    assert "it takes about ten seconds" in page_text(page)


async def test_answers_and_months_are_those_of_the_functions_of_editions(cindy):
    """R: 2*((qnorm(.975)+qnorm(.8))*50/5)^2*1.5 gives 2354.7."""
    page = await cindy.get(HERE, params=ASKED)
    needed = table_of(page, "Answers it takes")
    assert needed["A share changed by 5 points"] == ["2,355 3\u00a0months", "", "75,360"]
    plain, reported = needed["The index changed by 2 points"][:2]
    # At 99.7% it takes 1.85 times as many as at 95%: (2.968 + 0.842)² / (1.960 + 0.842)².
    times = int(reported.replace(",", "")) / int(plain.split()[0].replace(",", ""))
    assert times == pytest.approx(1.849, abs=0.002)
    assert needed["A share changed by no more than 5 points"][0] == "3,153 4\u00a0months"
    assert table_of(page, "What your answers show")["A month"][0] == "1,000"
    months = table_of(page, "Months of deployments")
    smallest = [float(row[1]) for row in months.values()]
    assert next(iter(months)) == "3\u00a0months"
    assert smallest == sorted(smallest, reverse=True)
    assert "would not usually show within five years" in page_text(page)


@pytest.mark.slow
async def test_of_many_deployments_and_answers_an_effect_would_show(cindy):
    page = await cindy.get(HERE, params=ASKED | {"deployments": "20000", "answers": "9000"})
    assert "months an effect of 2 points would usually show" in page_text(page)


@pytest.mark.slow
async def test_boroughs_may_begin_one_after_another(cindy):
    page = await cindy.get(HERE, params=ASKED | {"begins": "12"})
    months = table_of(page, "Months of deployments")
    assert months["12\u00a0months"][0] == "600"
    assert "Boroughs begin one after another" in page_text(page)
    wrong = await cindy.get(HERE, params=ASKED | {"begins": "61"})
    assert "enter a whole number from 0 to 60" in wrong.text


async def test_an_address_saved_before_a_field_was_added_is_answered(cindy):
    saved = {name: value for name, value in ASKED.items() if name != "begins"}
    page = await cindy.get(HERE, params=saved)
    assert page_text(page) == page_text(await cindy.get(HERE, params=ASKED))
    assert "Months of deployments" in page_text(page)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        ("-1.2", "0.9", "no change larger than 2 points"),
        ("−0.5", "2.5", "No clear answer"),
        ("0.1", "1.5", "it rose"),
    ],
)
async def test_an_interval_has_a_verdict(cindy, low, high, verdict):
    page = await cindy.get(HERE, params=ASKED | {"low": low, "high": high})
    assert verdict in page_text(page)


async def test_what_cannot_be_used_is_refused_at_its_field_and_stays(cindy):
    wrong = {"share": "120", "deff": "", "answers": "1.5", "change": "nan", "low": "3", "high": "1"}
    page = await cindy.get(HERE, params=ASKED | wrong)
    assert page.status_code == 422
    tree = html.fromstring(page.text)
    links = tree.xpath("//div[@role='alert' or contains(@class, 'error-summary')]//a/@href")
    assert {"#share", "#deff", "#answers", "#change", "#high"} <= {*links}
    assert tree.xpath("//input[@name='share']/@value") == ["120"]
    assert "Answers it takes" not in tree.text_content()


async def test_fewer_than_ten_boroughs_have_no_verdict(cindy):
    page = await cindy.get(HERE, params=ASKED | {"boroughs": "6"})
    assert table_of(page, "Months of deployments")["60\u00a0months"][1] == "no verdict"


def test_the_numbers_begin_as_in_the_newest_monthly_edition():
    edition = full_editions.full_monthly_edition()
    found = usual_numbers(edition, 32)
    assert found["answers"] == str(edition.weighting.n)
    city = next(one for one in edition.index if one.domain == edition.city)
    worth = edition.weighting.n / edition.weighting.kish
    days = edition.period_counted.days
    a_month = edition.this_period.events * 30.4375 / days
    assert float(found["deployments"]) == pytest.approx(a_month, abs=0.5)
    assert float(found["deviation"]) == pytest.approx(city.standard_error * worth**0.5, rel=0.01)


def test_other_numbers_of_boroughs_are_taken_for_alike():
    known = {"a": 100.0, "b": 300.0}
    assert residents_of(known, 2) == (100.0, 300.0)
    assert residents_of(known, 3) == (200.0, 200.0, 200.0)
