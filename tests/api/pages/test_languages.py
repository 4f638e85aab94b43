"""Pages in every language of the interface: direction, dates, and what nobody has checked yet."""

import datetime
import html
import re

import pytest

from api.locales import LOCALES, gettext
from api.pages import shell
from api.pages.filters import LANGUAGES, long_date
from api.pages.resident.questionnaire.form_answers import MONTHS
from api.pages.shell import use_language
from survey.receipts import passphrase_sort
from survey.surveys.ready import load_ready_instruments
from tests.api.pages.forms import send
from tests.api.pages.resident.test_resident_pages import COMPLAINT, answer_pages, send_answers
from tests.api.pages.resident.test_resident_pages import everything as everything

DRAFTED = "A machine translated this page. Nobody has checked it yet."


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_first_page_is_in_the_language_and_says_who_translated_it(client, language):
    page = (await client.get("/", headers={"accept-language": language})).text
    direction = "rtl" if language in ("ar", "ur") else "ltr"
    assert f'<html lang="{language}" dir="{direction}"' in page
    assert ("app.rtl" in page) == (direction == "rtl")
    with use_language(language):
        assert gettext("Give feedback") in page
        assert (gettext(DRAFTED) in page) == (language != "en")
    for code, name in LANGUAGES.items():
        assert f'<span lang="{code}"' in page if code == language else f">{name}</a>" in page


async def test_a_confirmed_catalogue_says_nothing_of_machines(client, monkeypatch):
    monkeypatch.setattr(shell, "is_confirmed", lambda language: True)
    page = (await client.get("/", headers={"accept-language": "pl"})).text
    assert 'lang="pl"' in page
    assert "machine-drafted" not in page


async def test_the_page_on_accessibility_names_what_nobody_checked(client):
    page = (await client.get("/about/accessibility")).text
    _, _, listed = page.partition('id="translations"')
    for name in [*LANGUAGES.values()][1:]:
        assert name in listed


@pytest.mark.parametrize("language", LOCALES)
def test_a_date_is_written_and_read_in_the_language(language):
    for month in range(1, 13):
        with use_language(language):
            assert re.search("20(25|২৫)|۲۰۲۵|٢٠٢٥", long_date(datetime.date(2025, month, 3)))
    assert MONTHS["stycznia"] == MONTHS["styczeń"] == MONTHS["january"] == MONTHS["ocak"] == 1


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_passphrase_in_the_language_opens_the_case(client, language):
    await client.get(f"/?lang={language}")
    await client.post("/complaints")
    await client.post("/complaints/borough", data={"answer": "E09000012"})
    await answer_pages(client, "/complaints", COMPLAINT)
    number = await send_answers(client, "/complaints")
    # The receipt is shown again in whichever language the page is then.
    for shown_in in (language, "en", "fr", "ur"):
        await client.get(f"/?lang={shown_in}")
        receipt = (await client.get(f"/complaints/done/{number}")).text
        [(lang, phrase)] = re.findall(
            r'class="passphrase" dir="ltr"(?: lang="(\w+)")?><strong>(.+?)</strong>', receipt
        )
        assert lang == passphrase_sort(language)
    form = {"number": number, "passphrase": phrase.upper().replace(" ", "-")}
    assert (await send(client, "/case", form, page="/case")).status_code == 303
    assert number in (await client.get("/case")).text


async def test_a_form_that_is_not_in_the_language_is_in_english(client, everything):
    page = (await client.get(everything, headers={"accept-language": "pl"})).text
    assert re.search(r'<h1[^>]*><span lang="en" dir="ltr">', page)
    assert not re.search(r'<span lang="ar" dir="rtl">', page)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_complaint_form_is_in_the_language(client, language):
    await client.get(f"/?lang={language}")
    start = (await client.get("/complaints")).text
    form = next(one for one in load_ready_instruments() if one.slug == "complaint")
    assert form.title[language] in html.unescape(start)
    await client.post("/complaints")
    await client.post("/complaints/borough", data={"answer": "E09000012"})
    page = html.unescape((await client.get("/complaints/what")).text)
    assert form.question("narrative").text[language] in page
    others = {code for code in LANGUAGES if code != language}
    assert not re.search(rf'<span lang="({"|".join(others)})"', page.partition("<main")[2])
