"""Masking by hand: the chosen spans become marks, and nothing else of the text changes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.text import personal_data
from survey.themes.codebooks import Span
from survey.themes.redactions import (
    distinct_spans,
    lines_to_mask,
    merged_spans,
    occurrences,
    redact,
    redact_lines,
    span_key,
    spans_to_mask,
)

TEXT = "Al Smith also saw al  smith and AL SMITHSON, at Smith's."
WORDS = st.text(alphabet="ab Cé\nع.", max_size=60)
SPANS = st.lists(
    st.builds(
        Span,
        st.integers(-3, 70),
        st.integers(-3, 70),
        st.sampled_from(["name", "phone", "masked"]),
    ),
    max_size=8,
)


def test_each_span_becomes_a_mark_of_its_kind():
    found = redact("Ring Ann on 07700.", [Span(12, 17, "phone"), Span(5, 8, "name")])
    assert found.redacted == "Ring [name] on [phone]."
    assert found.spans == (Span(5, 8, "name"), Span(12, 17, "phone"))


def test_the_marks_are_those_of_the_machine():
    text = "Sergeant John Smith pushed me. Ring me on 07700 900123."
    ((machine, spans),) = personal_data.redact_texts([text])
    assert redact(text, spans).redacted == machine


def test_spans_that_overlap_become_one_of_the_longer_kind_and_neighbours_stay_two():
    assert merged_spans([Span(0, 4, "name"), Span(2, 12, "address")]) == (Span(0, 12, "address"),)
    assert len(merged_spans([Span(0, 4, "name"), Span(4, 6, "name")])) == 2


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("al smith", ["Al Smith", "al  smith"]),
        ("SMITH", ["Smith", "smith", "Smith"]),
        ("al", ["Al", "al", "AL"]),
        ("Smith's.", ["Smith's."]),
        ("Jones", []),
        ("  ", []),
        ("(", []),
    ],
)
def test_words_are_masked_wherever_they_stand_whole(words, found):
    assert [TEXT[one.start : one.end] for one in occurrences(TEXT, words)] == found


def test_letters_that_are_joined_to_others_are_found_where_a_script_does_so():
    assert len(occurrences("وأحمد قال", "أحمد")) == 1


def test_only_words_that_a_person_has_seen_can_be_masked():
    """Otherwise whoever tries names would learn which of them a mark stands for."""
    text = "Ann saw Bob by the bakery."
    spans = [Span(0, 3, "name")]
    found, unseen = redact_lines(text, spans, ["ann", "bob"], redact(text, spans).redacted)
    assert (found.redacted, unseen) == ("[name] saw [masked] by the bakery.", ["ann"])
    found, unseen = redact_lines(text, spans, ["name"], redact(text, spans).redacted)
    assert unseen == ["name"]


def test_a_form_says_which_spans_stay_masked():
    spans = distinct_spans([Span(0, 3, "name")], [Span(0, 3, "masked"), Span(8, 11, "masked")])
    offered = [span_key(one) for one in spans]
    assert offered == ["0-3-name", "8-11-masked"]
    assert spans_to_mask(spans, offered, ["8-11-masked", "x", "-1-3-name"]) == [
        Span(8, 11, "masked")
    ]
    assert lines_to_mask(" Bob \n\nAnn\nBob") == ["Bob", "Ann"]


def test_what_the_machine_found_since_the_form_was_made_stays_masked():
    now = [Span(0, 9, "name"), Span(20, 25, "phone")]
    found = spans_to_mask(now, ["0-3-name", "20-25-phone"], ["0-3-name"])
    assert sorted(found, key=lambda one: one.end) == [Span(0, 3, "name"), Span(0, 9, "name")]


@given(WORDS, SPANS)
def test_everything_outside_the_spans_stays_as_it_was(text, spans):
    found = redact(text, spans)
    pieces, end = [], 0
    for one in found.spans:
        assert 0 <= end <= one.start < one.end <= len(text)
        pieces.append(text[end : one.start])
        end = one.end
    pieces.append(text[end:])
    assert re.split(r"\[(?:name|phone|masked)\]", found.redacted) == pieces


@given(WORDS, SPANS)
def test_every_character_of_a_span_is_masked_and_no_other(text, spans):
    asked = {i for one in spans for i in range(max(0, one.start), min(len(text), one.end))}
    masked = {i for one in redact(text, spans).spans for i in range(one.start, one.end)}
    assert masked == asked


@given(WORDS, SPANS)
def test_the_order_of_the_spans_does_not_matter_and_twice_is_once(text, spans):
    found = redact(text, spans)
    assert redact(text, reversed(spans)).spans == redact(text, spans).spans
    assert redact(text, found.spans) == found


@given(WORDS, SPANS, st.text(alphabet="abCé", min_size=1, max_size=4))
def test_words_that_were_masked_stand_nowhere_any_more(text, spans, word):
    found, unseen = redact_lines(text, spans, [word], text)
    ends = [0, *(end for one in found.spans for end in (one.start, one.end)), len(text)]
    left = [text[start:end] for start, end in zip(ends[::2], ends[1::2], strict=True)]
    assert unseen or not any(occurrences(part, word) for part in left)
