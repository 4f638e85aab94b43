"""Net sentiment in an edition: corrected by people's codes, or the reason why it is not given."""

import csv
import datetime
import io
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from analysis.editions import make_edition
from analysis.editions.inputs import ToneInForce
from analysis.statistics.correction import CorrectedMean
from analysis.themes import tone
from api import editions
from api.editions import files
from survey.editions.texts import NetSentiment
from survey.themes.double_coding import AccuracyEstimate, tone_status
from tests.analysis.editions.small_inputs import CITY, FIRST, THEMES, WEEK, inputs_of_week
from tests.oracles.coded_texts import (
    edition_texts,
    labelled_texts,
    misread_themes,
    misread_tones,
    together,
)

LAST = 39
END = FIRST + LAST * WEEK + datetime.timedelta(days=6)
EARLIER = datetime.date(2024, 4, 1)
DAY = LAST * 7
SHARES = (0.7, 0.15, 0.15)
N = 240


def themes_of(rng, n):
    """Two themes of two texts in five each, and what the machine finds of them."""
    pairs = [misread_themes(rng, n, 0.4, found=0.92, false=0.02) for _ in THEMES]
    return (np.hstack(side) for side in zip(*pairs, strict=True))


def labels(rng, n=250, *, stream="open", quarter=EARLIER, right=0.65, shares=SHARES):
    tone, now = misread_tones(rng, n, shares, right)
    return labelled_texts(quarter, stream, tone, now, *themes_of(rng, n))


def window(rng, *, stream="open", shares=SHARES, campaign=0):
    """Texts of the week: what they mean, and how the edition has them; the last `campaign` of them
    are one letter of worry that the machine takes for praise.
    """
    meant, read = misread_tones(rng, N, shares)
    _, spoken = themes_of(rng, N)
    number = np.full(N, -1, dtype=np.int64)
    if campaign:
        meant[-campaign:], read[-campaign:], number[-campaign:] = -1, 1, 0
    return meant, edition_texts(stream, read, spoken, day=DAY, campaign=number)


def edition_of(texts, labelled, **changes):
    return make_edition(inputs_of_week(LAST, texts=texts, labelled=labelled, **changes))


def tone_of(edition, theme="", *, once=False):
    found = [one for one in edition.tones if (one.theme, one.once) == (theme, once)]
    return found[0] if found else None


def page_text(edition, key):
    view = editions.report_view(edition, "0" * 64)
    return " ".join(
        word for part in view.every_section if part.key == key for word in all_words(part)
    ).replace("\N{NO-BREAK SPACE}", " ")


def all_words(part):
    yield from (*part.words, *part.for_statisticians.words)
    for table in part.every_table:
        yield from table.head
        for row in table.rows:
            yield from (f"{cell.text} {cell.under}" for cell in row)


@pytest.fixture(scope="module")
def corrected():
    rng = np.random.default_rng(5)
    meant, texts = window(rng)
    return 100 * meant.mean(), edition_of(texts, labels(rng))


def test_a_stream_has_what_people_coded_and_not_what_the_machine_read(corrected):
    truth, edition = corrected
    one = tone_of(edition)
    assert one.low <= truth <= one.high
    assert abs(one.machine - truth) > 15
    assert not one.low <= one.machine <= one.high
    assert (one.labels, one.method) == (250, "PPI++ (λ 1.00, 250 labels)")


def test_the_page_says_it_with_its_interval_and_how_many_texts_carry_it(corrected):
    _, edition = corrected
    words = page_text(edition, "themes-open")
    assert "95% interval" in words
    assert "very likely" in words
    assert page_text(edition, "tone").count("corrected") >= 1
    assert " 250 " in page_text(edition, "tone")


def test_no_figure_of_the_machine_alone_is_called_net_sentiment(corrected):
    _, edition = corrected
    rows = csv.DictReader(io.StringIO(files.render_csv(edition).decode(), newline=""))
    tones = [row for row in rows if "sentiment" in row["measure"]]
    assert tones
    for row in tones:
        assert row["method"].startswith("corrected: PPI++") or "machine count" in row["measure"], (
            row
        )
    assert not any("entiment" in sentence for sentence in edition.headline)
    assert "net_sentiment" not in msgspec.json.encode(edition).decode()


def test_without_labels_there_is_no_number_and_the_reason_is_given():
    _, texts = window(np.random.default_rng(5))
    edition = edition_of(texts, None)
    one = tone_of(edition)
    assert (one.value, one.low, one.words, one.missing) == (None, None, "", "labels")
    assert "two people have read 0 of these texts, and we ask for 100" in page_text(
        edition, "themes-open"
    )


def test_fewer_than_a_hundred_labels_give_a_word_at_most():
    rng = np.random.default_rng(5)
    _, texts = window(rng, shares=(1, 0, 0))
    one = tone_of(edition_of(texts, labels(rng, 99, shares=(1, 0, 0))))
    assert (one.value, one.missing, one.words) == (None, "labels", "worry")


def test_labels_of_five_quarters_ago_correct_nothing():
    rng = np.random.default_rng(5)
    _, texts = window(rng)
    old = labels(rng, quarter=datetime.date(2023, 10, 1))
    assert tone_of(edition_of(texts, old)).missing == "labels"
    newer = labels(rng, quarter=datetime.date(2024, 1, 1))
    assert tone_of(edition_of(texts, together([old, newer]))).labels == 250


def test_a_stream_in_which_the_machine_misses_most_worry_has_no_tone():
    rng = np.random.default_rng(5)
    _, texts = window(rng)
    edition = edition_of(texts, labels(rng, right=0.3))
    (check,) = edition.tone_checks
    assert check.status == "below"
    assert {(one.value, one.words, one.missing) for one in edition.tones} == {(None, "", "gate")}
    why = "is withheld: the machine misses too much of what people call worry"
    assert f"The tone of texts by people who wrote in {why}" in " ".join(edition.caveats)
    assert f"The tone {why}" in page_text(edition, "themes-open")


def recall(value, reach=0.05):
    return AccuracyEstimate(n=60, value=value, low=value - reach, high=value + reach)


@pytest.mark.parametrize(
    ("newest", "before", "expected"),
    [
        (recall(0.60), None, "passed"),
        (recall(0.52), None, "unsettled"),
        (recall(0.44), None, "below"),
        (recall(0.70), recall(0.80), "dropped"),
        (recall(0.70, 0.12), recall(0.80, 0.12), "passed"),
        (AccuracyEstimate(n=3), recall(0.80), "unsettled"),
    ],
)
def test_a_fall_counts_only_if_chance_alone_would_not_make_it(newest, before, expected):
    assert tone_status(newest, before) == expected


def test_the_copies_of_a_letter_are_misread_together_and_the_interval_allows_for_it():
    rng = np.random.default_rng(5)
    meant, texts = window(rng, campaign=40)
    edition = edition_of(texts, labels(rng), campaigns=("c",))
    every, once = tone_of(edition), tone_of(edition, once=True)
    weight = np.where(texts.campaign == 0, 1 / 40, 1.0)
    assert once.low <= 100 * np.average(meant, weights=weight) <= once.high
    assert every.value is None or every.high - every.low > 1.3 * (once.high - once.low)
    words = page_text(edition, "themes-open")
    assert "with each campaign counted once" in words


def test_a_theme_has_a_number_a_word_or_nothing():
    rng = np.random.default_rng(5)
    _, texts = window(rng, shares=(0.98, 0.01, 0.01))
    rich = edition_of(texts, labels(rng, 600, shares=(0.98, 0.01, 0.01)))
    assert tone_of(rich, "fair").value < -80
    poor = edition_of(texts, labels(rng, 110, shares=(0.98, 0.01, 0.01)))
    one = tone_of(poor, "fair")
    assert one is None or one.words == "worry"
    few = labels(rng, 110)
    bare = edition_of(texts, labels_without_themes(few))
    assert tone_of(bare, "fair") is None
    assert "Net sentiment" not in " ".join(head_of(bare))


def test_a_theme_whose_worry_the_machine_misses_has_no_tone():
    """A stream may be read well and one of its themes badly: that theme has no line."""
    rng = np.random.default_rng(5)
    worry = (0.98, 0.01, 0.01)
    _, texts = window(rng, shares=worry)
    labelled = labels(rng, 600, shares=worry, right=0.9)
    assert tone_of(edition_of(texts, labelled), "fair").value is not None
    heard = labelled.tone_now.copy()
    heard[labelled.truth[:, 0] & (rng.random(600) < 0.8)] = 0
    missed = edition_of(texts, replace(labelled, tone_now=heard))
    assert tone_of(missed, "fair") is None
    # The theme next to it is read as before, and so is the stream.
    assert tone_of(missed, THEMES[1][0]) is not None
    assert tone_of(missed).value is not None


def test_nine_labels_do_not_show_that_a_theme_is_misread():
    rng = np.random.default_rng(5)
    one = labels(rng, 600, right=0.1)
    worry = np.flatnonzero(one.truth[:, 0] & (one.tone < 0))
    for most, missed in ((9, False), (10, True)):
        left = np.isin(np.arange(600), worry[most:])
        found = tone.ToneCorrection(labels=one.only(~left), stream="open", power=1.0)
        assert tone.misses_worry(found, 0) == missed


def interval(value, reach):
    return CorrectedMean(
        value=value,
        standard_error=reach / 2,
        low=value - reach,
        high=value + reach,
        power=1.0,
        n=50,
    )


def test_a_theme_has_a_number_by_its_labels_whatever_chance_made_of_its_interval():
    """Of the intervals that came out narrow 777 of 851 held the truth."""
    blank = NetSentiment(stream="open", domain=CITY, theme="fair")
    shown, hidden = (
        [
            tone.with_correction(blank, interval(-40.0, reach), 250, width=width)
            for reach in (20, 35)
        ]
        for width in (65.0, 68.0)
    )
    assert [one.value for one in shown] == [-40.0, -40.0]
    assert {(one.value, one.missing) for one in hidden} == {(None, "wide")}


def test_the_width_of_a_theme_is_that_of_as_many_labels():
    rng = np.random.default_rng(5)
    _, texts = window(rng)
    widths = []
    for n in (150, 300, 600):
        labelled = labels(rng, n)
        found = tone.ToneCorrection(labels=labelled, stream="open", power=1.0)
        scored = tone.ScoredTexts(
            tone=texts.polarity,
            spoken=texts.spoken,
            weight=np.ones(N),
            unit=np.arange(N),
            read=np.ones(N, dtype=bool),
        )
        corrected = tone.theme_tone(scored, found, 0)
        width = tone.expected_width(scored, found, 0, corrected)
        assert width == pytest.approx(corrected.high - corrected.low, rel=0.3)
        widths.append(width)
        letter = replace(scored, unit=np.where(scored.spoken[:, 0], 0, scored.unit))
        assert tone.expected_width(letter, found, 0, corrected) > 200
    assert widths == sorted(widths, reverse=True)


def head_of(edition):
    view = editions.report_view(edition, "0" * 64)
    part = next(one for one in view.every_section if one.key == "themes-open")
    return part.every_table[0].head


def labels_without_themes(labelled):
    """The labels with hardly any on the themes."""
    names = type(labelled).__dataclass_fields__
    few = np.zeros_like(labelled.truth)
    few[:5] = True
    fields = {name: getattr(labelled, name) for name in names}
    return type(labelled)(**{**fields, "truth": few, "now": few, "then": few})


def test_no_borough_has_a_tone(corrected):
    _, edition = corrected
    assert {one.domain for one in edition.tones} == {CITY}


def test_an_edition_says_that_tone_is_read_in_another_way_and_what_that_changed():
    rng = np.random.default_rng(5)
    _, texts = window(rng)
    first = edition_of(texts, labels(rng), tone=ToneInForce(version=0, labels=0))
    before = np.full(N, 1.0)
    before[:40] = np.nan
    later = edition_of(
        texts,
        labels(rng),
        tone=ToneInForce(version=1, labels=250, before=before),
        last=first,
    )
    found = later.tone_version
    assert (found.number, found.labels, found.before_version) == (1, 250, 0)
    (shift,) = found.shifts
    assert (shift.stream, shift.texts, shift.before) == ("open", None, 100)
    assert shift.after == round(100 * texts.polarity[40:].mean())
    said = page_text(later, "tone")
    assert "Tone is read in another way than in the report before." in said
    assert "learned from 250 texts" in said
    assert "+100" in said
    # The one after it has nothing to compare.
    again = edition_of(texts, labels(rng), tone=ToneInForce(version=1, labels=250), last=later)
    assert (again.tone_version.before_version, again.tone_version.shifts) == (None, ())
    assert "in another way" not in page_text(again, "tone")


def test_fewer_than_ten_texts_read_in_both_ways_are_not_compared():
    rng = np.random.default_rng(5)
    _, texts = window(rng)
    before = np.full(N, np.nan)
    before[:9] = 1.0
    last = edition_of(texts, labels(rng), tone=ToneInForce(version=0, labels=0))
    found = edition_of(
        texts, labels(rng), tone=ToneInForce(version=1, labels=0, before=before), last=last
    )
    assert found.tone_version.before_version == 0
    assert found.tone_version.shifts == ()
