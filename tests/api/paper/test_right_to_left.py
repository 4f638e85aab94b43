"""Numbers and addresses of England keep their order on paper that is read from right to left."""

import msgspec
import pypdfium2
import pytest

from api.paper import (
    Handout,
    LetterText,
    render_copy_pdf,
    render_form_pdf,
    render_handout,
    render_letters_pdf,
)
from survey.surveys.instruments import Instrument, Text
from survey.surveys.samples import LetterRow
from tests.london import CITY

PHONE = "020 7946 0000"
STREET = "12 Oak Road"
SURVEY = Instrument(
    slug="estate",
    version=1,
    mode="open",
    kind="survey",
    title={"ur": "ہماری بستی میں پولیس"},
    summary={},
    organisation="Park Lane Youth Club",
    contact=PHONE,
    items=(Text(name="why", text={"ur": "کیا ہوا؟"}),),
)


def places_of(pdf, words):
    """How far to the right the first and the last of these words are, on the page that has them."""
    parts = words.split()
    for page in pypdfium2.PdfDocument(pdf):
        text = page.get_textpage()
        said = text.get_text_range()
        if all(part in said for part in parts):
            return [text.get_charbox(said.index(part))[0] for part in (parts[0], parts[-1])]
    pytest.fail(f"{words!r} is on no page")


def test_a_phone_number_and_an_address_are_read_from_the_left_on_a_form():
    pdf = render_form_pdf(SURVEY, "ur", CITY.local_areas(), send_to=f"Youth Club; {STREET}")
    for words in (PHONE, STREET):
        first, last = places_of(pdf, words)
        assert first < last, words


def test_a_phone_number_is_read_from_the_left_on_a_poster():
    one = Handout(
        instrument=SURVEY, language="ur", scanned="https://a.example/s/K7MWT3P",
        address="https://a.example/s/K7MWT3Q", minutes=3,
    )  # fmt: skip
    first, last = places_of(render_handout(one, "poster"), PHONE)
    assert first < last


def test_the_address_in_the_window_of_a_letter_is_read_from_the_left():
    sampled = msgspec.structs.replace(SURVEY, mode="sampled")
    row = LetterRow(code="7K3M-9Q2R-ABCD-2345", address=["Amina Yusuf", STREET, "London E8 1AA"])
    text = LetterText("ur", "کیا ہوا؟")
    pdf = render_letters_pdf(
        sampled, "https://a.example/surveys/estate", [row], [text], cards=False
    )
    first, last = places_of(pdf, STREET)
    assert first < last


def test_an_answer_in_english_is_read_from_the_left_on_a_copy_in_urdu():
    row = f'<div class="govuk-summary-list__row"><dt>کیا ہوا؟</dt><dd>{STREET}</dd></div>'
    page = f'<div id="copy"><h1>نقل</h1><p>کیا ہوا؟</p><dl>{row}</dl></div>'
    first, last = places_of(render_copy_pdf(page.encode(), "ur", "rtl"), STREET)
    assert first < last
