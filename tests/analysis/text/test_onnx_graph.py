"""Signed weights and parts of the graph give every bit of the shipped model."""

import numpy as np
import pytest

from analysis.text import codes
from analysis.text.model import files, reading

TEXTS = [*codes.example_texts()[::25], "No.", "They searched my bag. " * 60]


FIRST_OF_TONE = "val_242_quantized"
"""The weights (384, 1152) of the first product of the tone's part."""


@pytest.fixture(scope="module")
def shipped():
    return files.load_checked_file("two_heads.onnx")


@pytest.fixture(scope="module")
def whole_bits(shipped):
    """Vector, tone and states of each text, from the shipped file in one piece."""
    session = reading.make_session(shipped)
    return [[one.tobytes() for one in session.run(None, {"input_ids": ids})] for ids in word_ids()]


def word_ids():
    return [np.array([files.load_tokenizer().encode(text).ids]) for text in TEXTS]


def bits_of_parts(parts):
    found = []
    for ids in word_ids():
        (states,) = parts.shared.run(None, {"input_ids": ids})
        vector, last = parts.vector.run(None, {reading.SHARED_STATES: states})
        tone, _ = parts.tone.run(None, {reading.SHARED_STATES: states})
        found.append([one.tobytes() for one in (vector, tone, last)])
    return found


def test_the_parts_give_every_bit_of_the_whole(shipped, whole_bits):
    assert bits_of_parts(reading.make_parts(shipped)) == whole_bits


def test_the_weights_in_use_give_every_bit_of_the_shipped_ones(whole_bits):
    assert bits_of_parts(reading.load_parts()) == whole_bits


def test_signed_weights_are_used_where_products_are_exact(shipped):
    if reading.with_fastest_weights(shipped) is shipped:
        pytest.skip("This processor clips sums of signed weights.")
    assert reading.with_fastest_weights(shipped) == files.with_signed_weights(shipped)


def test_where_readings_differ_the_weights_stay_as_shipped(shipped, monkeypatch):
    monkeypatch.setattr(reading, "reads_alike", lambda one, other: False)
    assert not reading.multiplies_signed_exactly.__wrapped__()
    monkeypatch.setattr(reading, "multiplies_signed_exactly", lambda: False)
    assert reading.with_fastest_weights(shipped) is shipped


def test_sums_of_sixteen_bits_would_be_noticed(shipped):
    """Two products of the largest activation, 255, are more than 16 bits hold for some weights."""
    signed = files.with_signed_weights(shipped)
    (first,) = (
        one
        for one in files.graph_fields(signed)[files.INITIALIZER]
        if files.name_within(signed, one, files.TENSOR_NAME) == FIRST_OF_TONE
    )
    raw = {part.number: part for part in files.read_fields(signed, first.content, first.end)}
    raw = raw[files.RAW_DATA]
    weights = np.frombuffer(signed[raw.content : raw.end], np.int8).reshape(reading.DIMENSIONS, -1)
    sums = 255 * (weights[::2].astype(int) + weights[1::2])
    assert (np.abs(sums) > 32_767).any(axis=0).mean() > 0.9


def test_weights_are_made_signed_once_and_nothing_else_changes(shipped):
    signed = files.with_signed_weights(shipped)
    assert len(signed) == len(shipped)
    with pytest.raises(ValueError, match="is not unsigned"):
        files.with_signed_weights(signed)


def test_a_part_that_needs_more_is_refused(shipped):
    with pytest.raises(ValueError, match="also need input_ids"):
        files.part_of_graph(shipped, [], ["vector"])


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, 2**31, 2**63])
def test_numbers_are_written_as_they_are_read(number):
    written = files.encode_varint(number)
    assert files.read_varint(written, 0) == (number, len(written))
