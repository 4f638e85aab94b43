"""The tone of what the made-up city wrote: the machine is far off, the edition is not."""

import pytest

from analysis.themes import codebook
from tests.bench.tones import DEMO_SEED, tones_of_city


@pytest.mark.slow
def test_the_corrected_tone_of_the_demonstration_holds_what_its_people_meant():
    book = codebook.STARTING_CODEBOOK
    coder, themes = codebook.Coder(book), [one.id for one in book.themes]
    found = tones_of_city(DEMO_SEED, coder, themes)
    numbers = [(one, truth) for one, truth in found if one.value is not None]
    assert {one.stream for one, _ in numbers} >= {"sampled", "open"}
    # One interval of 95% in twenty may miss what it is about, and then narrowly.
    missed = [one for one, truth in numbers if not one.low <= truth <= one.high]
    assert len(missed) <= max(1, len(numbers) // 20), missed
    assert all(one.low - 3 <= truth <= one.high + 3 for one, truth in numbers)
    whole = [(one, truth) for one, truth in found if not one.theme]
    machine = {(one.stream, one.once): (one.machine, truth) for one, truth in whole}
    # It was off by more than 40 while a courtesy still made a complaint positive.
    assert 10 < machine["open", False][0] - machine["open", False][1] < 40
    assert all(truth < -33 for one, truth in found if one.words == "worry")


@pytest.mark.slow
def test_labels_teach_the_machine_what_the_people_of_the_demonstration_mean():
    book = codebook.STARTING_CODEBOOK
    coder, themes = codebook.Coder(book), [one.id for one in book.themes]
    before, after = tones_of_city(DEMO_SEED, coder, themes, by_head=True)

    def of_streams(found):
        return {
            (one.stream, one.once): (one, truth)
            for one, truth in found
            if not one.theme and one.value is not None
        }

    shipped, learned = of_streams(before), of_streams(after)
    for key, (one, truth) in learned.items():
        was, _ = shipped[key]
        assert abs(one.machine - truth) < 25, key
        if abs(was.machine - truth) < 5:  # complaints, and residents who were asked
            assert abs(one.machine - truth) < 5, key
            continue
        assert abs(one.machine - truth) < abs(was.machine - truth), key
        assert one.high - one.low < was.high - was.low, key
    numbers = [(one, truth) for one, truth in after if one.value is not None]
    assert len(numbers) > len([one for one, _ in before if one.value is not None])
    held = [one.low - 0.5 <= truth <= one.high + 0.5 for one, truth in numbers]
    # One interval in twenty may miss it.
    assert sum(held) >= 0.9 * len(held)
