"""The tone of what the made-up city wrote: the machine is far off, the edition is not."""

import pytest

from analysis.text.themes import codebook
from tests.bench.tones import DEMO_SEED, tones_of_city


@pytest.mark.slow
def test_the_corrected_tone_of_the_demonstration_holds_what_its_people_meant():
    book = codebook.STARTING_CODEBOOK
    coder, themes = codebook.make_coder(book), [one.id for one in book.themes]
    found = tones_of_city(DEMO_SEED, coder, themes)
    numbers = [(one, truth) for one, truth in found if one.value is not None]
    assert {one.stream for one, _ in numbers} >= {"sampled", "open"}
    for one, truth in numbers:
        assert one.low <= truth <= one.high, one
    whole = [(one, truth) for one, truth in found if not one.theme]
    machine = {(one.stream, one.once): (one.machine, truth) for one, truth in whole}
    assert machine["open", False][0] > machine["open", False][1] + 40
    assert all(truth < -33 for one, truth in found if one.words == "worry")
