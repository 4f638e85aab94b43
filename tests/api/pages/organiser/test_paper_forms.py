"""Paper forms: numbered, typed in by keys, once or twice, and decided where two copies differ."""

import msgspec
import pypdfium2
import pytest
from lxml import html

from survey.receipts import form_code, parse_form_code
from survey.store.surveys import instruments
from survey.surveys.ready import load_templates
from tests.api.pages.forms import send
from tests.api.pages.organiser.test_builder import amina, club
from tests.api.pages.organiser.test_survey_results import page_text, published
from tests.people import AMINA

__all__ = ["amina", "club", "published"]  # fixtures
(WARD_PANEL,) = (one for one in load_templates() if one.slug == "ward-panel")
PAPER = "/work/surveys/police-in-our-estate/paper"
TYPED = {
    "borough": "Hackney",
    "q-do_you_feel_safe": "2",
    "q-what_did_you_see": "12",
    "q-they_listen": "4",
    "q-how_much_do_you_trust": "7",
    "q-why": "The lights",
}
STORED = {
    "do_you_feel_safe": "never",
    "what_did_you_see": ["a_van", "a_dog"],
    "they_listen": 4,
    "how_much_do_you_trust": 7,
}


@pytest.fixture
async def forms(published):
    await send(published, PAPER, {"send_to": "Youth club\n1 High Street", "twice": "yes"})
    await send(published, f"{PAPER}/batches", {"copies": "3"})
    return published


async def type_in(client, number=None, **changed):
    page = html.fromstring((await client.get(f"{PAPER}/typing")).text)
    (once,) = page.xpath("//input[@name='once']/@value")
    typed = {"form": form_code(number) if number else "", "once": once, **TYPED, **changed}
    return await send(client, f"{PAPER}/typing", typed)


async def load_stored(db):
    return await db.the_connection.fetch(
        "SELECT answers FROM responses WHERE instrument = 'police-in-our-estate'"
    )


async def test_a_batch_has_a_number_on_every_page_and_the_address_at_the_end(forms):
    answer = await forms.get(f"{PAPER}/batches/1/forms.pdf")
    document = pypdfium2.PdfDocument(answer.content)
    texts = [page.get_textpage().get_text_bounded() for page in document]
    for number in (1, 2, 3):
        found = [text for text in texts if f"Form {form_code(number)}" in text]
        assert "page 1 of" in found[0]
        assert "1 High Street" in found[-1]
    assert all("Form " in text for text in texts if text.strip())
    plain = await forms.get("/work/surveys/police-in-our-estate/files/form.pdf")
    *_, last = (
        page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(plain.content)
    )
    assert "1 High Street" in last
    assert "Form " not in last


async def test_a_form_is_typed_in_by_keys_and_the_same_page_sent_twice_counts_once(published, db):
    page = html.fromstring((await published.get(f"{PAPER}/typing")).text)
    labels = [one.text_content() for one in page.xpath("//form//label")]
    assert labels[:4] == ["Number of the form", "1 Borough", "2 Do you feel safe?",
                          "3 What did you see?"]  # fmt: skip
    typed = TYPED | {"once": page.xpath("//input[@name='once']/@value")[0]}
    for _ in range(2):
        answer = await send(published, f"{PAPER}/typing", typed)
        assert "done=counted" in answer.headers["location"]
    assert [row["answers"] for row in await load_stored(db)] == [STORED]
    wrong = await type_in(published, **{"q-do_you_feel_safe": "7", "borough": "Paris"})
    assert wrong.status_code == 422
    wrong = await type_in(published, **{"q-do_you_feel_safe": "7"})
    assert "Question 2: needs one of the options offered" in page_text(wrong)
    assert 'value="7"' in wrong.text
    unknown = await type_in(published, 1)
    assert "not the number of a printed form" in page_text(unknown)


async def test_two_copies_that_agree_count_once(forms, db):
    assert "done=first" in (await type_in(forms, 1)).headers["location"]
    assert await load_stored(db) == []
    agreed = await type_in(forms, 1, **{"q-why": "the  lights", "q-what_did_you_see": "1 2"})
    assert "done=agreed" in agreed.headers["location"]
    assert [row["answers"] for row in await load_stored(db)] == [STORED]
    again = await type_in(forms, 1)
    assert "counts already" in page_text(again)
    left = "SELECT first_copy, second_copy, counted FROM paper_forms"
    assert [tuple(row) for row in await db.the_connection.fetch(left)] == [(None, None, True)]


async def test_copies_that_differ_wait_until_somebody_decides(forms, db):
    await type_in(forms, 2)
    differs = await type_in(forms, 2, **{"q-do_you_feel_safe": "1", "q-they_listen": "5"})
    assert "done=differs" in differs.headers["location"]
    assert f"Form {form_code(2)} 2" in page_text(await forms.get(PAPER))
    said = page_text(await forms.get(f"{PAPER}/forms/2"))
    assert "2 Do you feel safe?" in said
    assert "Never First copy" in said
    assert "What did you see?" not in said
    choice = {"q-do_you_feel_safe": "first"}
    half = await send(forms, f"{PAPER}/forms/2", choice)
    assert "Question 4: choose what the paper says" in page_text(half)
    assert await load_stored(db) == []
    choice |= {"q-they_listen": "other", "other-q-they_listen": "1"}
    decided = await send(forms, f"{PAPER}/forms/2", choice)
    assert decided.headers["location"] == f"{PAPER}?done=decided"
    assert [row["answers"] for row in await load_stored(db)] == [STORED | {"they_listen": 1}]


async def test_what_was_typed_can_be_deleted(forms, db):
    await type_in(forms, 3)
    await send(forms, f"{PAPER}/forms/3/clear")
    assert await db.the_connection.fetchval("SELECT count(*) FROM paper_forms") == 0
    assert "done=first" in (await type_in(forms, 3)).headers["location"]


async def test_deleting_what_was_typed_asks_first(forms):
    await type_in(forms, 3)
    page = html.fromstring((await forms.get(f"{PAPER}/forms/3")).text)
    (button,) = page.xpath("//details[summary]//form/button")
    assert button.text_content() == "Delete this copy"
    assert "cannot be brought back" in page.xpath("string(//details)")


async def test_every_mistake_of_a_form_is_named_at_once(forms):
    wrong = {"borough": "Hackny", "q-do_you_feel_safe": "7", "q-they_listen": "9"}
    page = await type_in(forms, **wrong, **{"form": "1-A", "q-how_much_do_you_trust": "x"})
    found = html.fromstring(page.text).xpath("//*[contains(@class, 'error-summary')]//a/@href")
    assert found == ["#form", "#borough", *(f"#q-{name}" for name in STORED if "see" not in name)]
    assert "This is not a borough or a postcode of this city" in page_text(page)


@pytest.fixture
async def template(club, db):
    """A survey from a template, as it comes from the database, in all languages."""
    one = msgspec.structs.replace(WARD_PANEL, slug="panel")
    owner = await db.the_connection.fetchval("SELECT id FROM accounts WHERE email = $1", AMINA[0])
    await instruments.insert(db.the_connection, one, by=owner)
    return club


async def test_a_survey_of_a_template_opens_in_english_and_in_the_language_chosen(template):
    paper = "/work/surveys/panel/paper"
    asked = html.fromstring((await template.get(f"{paper}/typing")).text)
    labels = asked.xpath("string(//form[@data-keying])")
    assert WARD_PANEL.items[1].text["en"] in labels
    (choosing,) = asked.xpath("//form[@method='get']")
    assert choosing.xpath(".//option[@selected]/@value") == ["en"]
    assert choosing.xpath("string(.//button)").strip() == "Show the questions in this language"
    polish = await template.get(f"{paper}/typing?language=pl")
    assert WARD_PANEL.items[1].text["pl"] in html.fromstring(polish.text).xpath("string(//main)")
    share = page_text(await template.get("/work/surveys/panel/share"))
    assert "In 9 other languages" in share.partition("Message in English")[2]


async def test_numbered_forms_have_the_keys_in_their_boxes_and_others_do_not(template):
    paper = "/work/surveys/panel/paper"
    await send(template, f"{paper}/batches", {"copies": "1"})
    for language in ("en", "ur"):
        numbered = await template.get(f"{paper}/batches/1/forms.pdf?in={language}")
        plain = await template.get(f"/work/surveys/panel/files/form.pdf?in={language}")
        keys = [small_signs(one.content) for one in (numbered, plain)]
        assert {"1", "2", "3", "4", "5", "p", "d"} <= set(keys[0])
        assert keys[1] == []


def small_signs(content):
    """What is printed smaller than any words, but for the blanks that a PDF has none of."""
    found = []
    for page in pypdfium2.PdfDocument(content):
        text = page.get_textpage()
        signs = text.get_text_range()
        sizes = [pypdfium2.raw.FPDFText_GetFontSize(text.raw, n) for n in range(text.count_chars())]
        found += [sign for sign, size in zip(signs, sizes, strict=False) if 5 < size < 8]
    return found


def test_a_wrong_digit_or_two_swapped_are_noticed():
    assert parse_form_code(f" 47 {form_code(47)[-1].lower()}") == 47
    assert parse_form_code("K") is None
    for number in range(10, 3_000):
        text, letter = str(number), form_code(number)[-1]
        for place in range(len(text) - 1):
            swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
            slips = {swapped, text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]}
            assert all(parse_form_code(f"{one}-{letter}") is None for one in slips - {text})
