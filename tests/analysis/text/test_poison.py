"""Texts that are written to be hard to read: each takes bounded work and is masked to its end."""

import itertools

import pytest

from analysis.text import personal_data
from analysis.text.personal_data import CHARACTERS_SEARCHED, MARK, named_entities
from survey.themes.redactions import UNREAD, redact_correction

NUMBER = "07700 900123"


def test_what_is_too_long_to_be_searched_is_masked_whole():
    text = "They called me. " * 60_000 + NUMBER
    redacted, spans = personal_data.redact_text(text)
    assert len(redacted) < CHARACTERS_SEARCHED + 40
    assert redacted.endswith(f"[{UNREAD}]")
    assert spans[-1].end == len(text)
    assert MARK.search(redacted)


@pytest.mark.parametrize(
    "before", range(CHARACTERS_SEARCHED - len(NUMBER) - 2, CHARACTERS_SEARCHED + 2)
)
def test_what_stands_across_the_end_of_what_is_searched_is_masked(before):
    text = "a" * (before - 1) + " " + NUMBER + " and more " * 100
    redacted, spans = personal_data.redact_text(text)
    assert "0770" not in redacted
    assert "900123" not in redacted
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))


def test_a_corrected_text_is_not_searched_for_what_nobody_had_read():
    before = "They called me. " * 2_000
    spans = personal_data.redact_text(before)[1]
    now = redact_correction(before, spans, before + "x", personal_data.redact_text(before + "x")[1])
    assert now.spans[-1].end == len(before) + 1


@pytest.mark.skipif(not named_entities.is_installed(), reason="the extra `ner` is not installed")
def test_a_long_text_is_searched_for_names_in_parts_that_overlap(monkeypatch):
    monkeypatch.setattr(named_entities, "PART", 120)
    monkeypatch.setattr(named_entities, "OVERLAP", 40)
    text = "Yesterday I spoke with Wojciech Szymanski about it, and he was kind. " * 8
    seen = [text[start:end] for start, end in named_entities.find_persons(text)]
    assert {"Wojciech Szymanski"} <= set(seen)
    found = set(named_entities.find_persons(text))
    assert len({start for start, end in found if "Szymanski" in text[start:end]}) == 8


@pytest.mark.parametrize("text", ["", "a" * 1_000, "one two " * 1_000, " " * 999, "😀" * 777])
def test_parts_cover_a_text_from_its_beginning_to_its_end(monkeypatch, text):
    monkeypatch.setattr(named_entities, "PART", 100)
    monkeypatch.setattr(named_entities, "OVERLAP", 20)
    parts = list(named_entities.overlapping_parts(text))
    assert parts[0][0] == 0
    assert parts[-1][1] == len(text)
    assert all(end - start <= 100 for start, end in parts)
    assert all(a[0] < b[0] <= a[1] for a, b in itertools.pairwise(parts))
