"""Every wording of a built-in survey is in every language of the residents' pages."""

import re

import pytest

from api.locales import LOCALES
from survey.surveys.instruments import USUAL_WORDS, all_parts, all_wordings
from survey.surveys.ready import load_question_bank, load_ready_instruments, load_templates

SOURCES = {
    **{f"survey {one.slug}": one for one in load_ready_instruments()},
    **{f"template {one.slug}": one for one in load_templates()},
    **{f"block {one.name}": one for one in load_question_bank()},
}
WORDINGS = {
    **{name: [*all_wordings(one)] for name, one in SOURCES.items()},
    "usual words": [*USUAL_WORDS.items()],
}
LETTERS = {"ar": r"[\u0600-\u06ff]", "ur": r"[\u0600-\u06ff]", "bn": r"[\u0980-\u09ff]"}
NAME = "Taser"  # written in Latin letters, except in Arabic, which also spells out some numbers
SAME = {("fr", "Excellent"), ("ro", "Arab")}


def marks_of(text):
    """What a translation may neither lose nor add: the name, numbers in their order, braces."""
    return re.findall(rf"\d+|[{{}}%$]|{NAME}", text)


@pytest.mark.parametrize("name", WORDINGS)
def test_every_wording_is_in_every_language(name):
    found = [(where, wording) for where, wording in WORDINGS[name] if wording]
    assert found
    assert [where for where, wording in found if set(wording) != set(LOCALES)] == []
    assert [where for where, wording in found if not all(map(str.strip, wording.values()))] == []


@pytest.mark.parametrize("name", WORDINGS)
def test_a_translation_has_the_same_numbers_and_is_not_english(name):
    for where, wording in WORDINGS[name]:
        for code, text in wording.items():
            if code == "en" or text == NAME or (code, text) in SAME:
                continue
            assert text != wording["en"], (where, code)
            assert re.search(LETTERS.get(code, "."), text), (where, code)
            if code != "ar":
                assert marks_of(text) == marks_of(wording["en"]), (where, code)


@pytest.mark.parametrize("name", SOURCES)
def test_no_two_answers_to_a_question_read_the_same(name):
    for part in all_parts(SOURCES[name].items):
        answers = [one.text for one in getattr(part, "options", ())]
        for wordings in (answers, getattr(part, "labels", ())):
            for code in LOCALES:
                texts = [wording[code] for wording in wordings]
                assert len(set(texts)) == len(texts), (part.name, code)
