"""The page docs/method/truth.md can be made again: its bench runs, on a city of its own."""

import pytest

from tests.bench import truth


def intervals_of(counts):
    """How many intervals hold the truth, and how many there are."""
    held, missed = (
        sum(many for key, many in counts.items() if key.endswith(f"|{verdict}"))
        for verdict in ("holds", "misses")
    )
    return held, held + missed


def test_an_edition_of_a_made_up_city_is_compared_with_its_truth(capsys, monkeypatch):
    monkeypatch.setattr(truth, "WEEKS", 14)
    found = truth.counts_of_city(61, [truth.week_period(13)])
    counts = found["counts"]
    assert counts["editions|weekly"] == 1
    held, intervals = intervals_of(counts)
    assert intervals > 60
    assert held > 0.8 * intervals
    truth.print_table([found])
    page = capsys.readouterr().out
    assert "1 cities (seeds 61 to 61), 1 weekly and 0 monthly editions." in page
    assert "| index of a borough | 33 |" in page


@pytest.mark.slow
def test_editions_of_a_city_of_a_drawn_seed_hold_the_truth(drawn_seed):
    counts = truth.counts_of_city(drawn_seed)["counts"]
    assert (counts["editions|weekly"], counts["editions|monthly"]) == (3, 2)
    held, intervals = intervals_of(counts)
    assert intervals > 500
    # Intervals of a city share its people: over 200 cities nine of ten hold in the worst.
    assert held > 0.88 * intervals
