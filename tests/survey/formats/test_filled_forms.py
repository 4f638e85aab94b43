"""Forms that phones filled in, however large somebody makes them."""

from lxml import etree

from survey.formats.xform import answers_in
from survey.surveys.instruments import Repeat, Text
from survey.surveys.responses import MOST_ROUNDS

WORDS = [Text(name=f"words_{number}", text={"en": "What?"}) for number in range(50)]


def test_a_form_is_gone_through_once_however_many_questions_there_are():
    class Counted(list):
        read = 0

        def __iter__(self):
            Counted.read += 1
            return super().__iter__()

    form = Counted(etree.fromstring("<data><words_7>A</words_7><words_8>B</words_8></data>"))
    assert answers_in(WORDS, form) == {"words_7": "A", "words_8": "B"}
    assert Counted.read == 1


def test_of_too_many_rounds_no_more_are_read_than_show_it():
    repeat = Repeat(name="scene", text={"en": "Scene"}, items=tuple(WORDS))
    form = etree.fromstring(f"<data>{'<scene/>' * 5_000}</data>")
    assert len(answers_in([repeat], form)["scene"]) == MOST_ROUNDS + 1
