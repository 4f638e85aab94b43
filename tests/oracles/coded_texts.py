"""Texts that people labelled and a machine misreads, as the inputs of an edition and its labels."""

import datetime

import numpy as np

from analysis.editions.inputs import EditionTexts
from analysis.themes.accuracy import DoubleCodedTexts


def words(value, n):
    return np.full(n, value)


def labelled_texts(quarter, stream, tone, tone_now, truth, now, *, weight=1.0, psu=None):
    """Labels of texts of one quarter and stream: people's tones and themes, and the machine's."""
    n = len(tone)
    quarters = np.empty(n, dtype=object)
    quarters[:] = quarter
    sets = np.empty(n, dtype=object)
    sets[:] = [frozenset(np.flatnonzero(row).tolist()) for row in truth]
    nobody = np.full((n, 2), -1, dtype=np.int64)
    return DoubleCodedTexts(
        quarter=quarters,
        stream=words(stream, n),
        area=np.zeros(n, dtype=np.int64),
        language=words("en", n),
        age=words("", n),
        sex=words("", n),
        ethnicity=words("", n),
        weight=np.full(n, float(weight)),
        stratum=words(f"{quarter} {stream}", n),
        survey_weight=np.ones(n),
        survey_stratum=words("", n),
        psu=np.arange(n).astype(str) if psu is None else psu,
        first=sets,
        second=sets,
        settled=np.ones(n, dtype=bool),
        truth=truth,
        told=np.ones(truth.shape, dtype=bool),
        then=now,
        now=now,
        tone=tone,
        tone_then=tone_now,
        tone_now=tone_now,
        marks=np.full((n, 2, truth.shape[1]), -1, dtype=np.int64),
        tones=nobody,
        comment_types=nobody,
    )


def together(parts):
    """The labels of several quarters and streams as one."""
    names = DoubleCodedTexts.__dataclass_fields__
    return DoubleCodedTexts(
        **{name: np.concatenate([getattr(one, name) for one in parts]) for name in names}
    )


def edition_texts(stream, polarity, spoken, *, day=0, campaign=None):
    n = len(polarity)
    return EditionTexts(
        stream=words(stream, n),
        weight=np.ones(n),
        stratum=words("", n),
        psu=np.arange(n).astype(str),
        day=np.full(n, day, dtype=np.int64),
        area=np.zeros(n, dtype=np.int64),
        polarity=polarity,
        spoken=spoken,
        campaign=campaign,
    )


def misread_tones(rng, n, shares, right=0.65):
    """Tones (-1, 0, 1) of n texts, drawn with these shares, and what a machine takes them for.

    `right` is the share of worry that it recognises; of the rest it takes more for praise.
    """
    table = np.array(
        [[right, 0.4 * (1 - right), 0.6 * (1 - right)], [0.15, 0.7, 0.15], [0.1, 0.1, 0.8]]
    )
    meant = rng.choice(3, n, p=shares)
    read = (table[meant].cumsum(axis=1) > rng.random(n)[:, None]).argmax(axis=1)
    return meant - 1.0, read - 1.0


def misread_themes(rng, n, share, *, found=0.75, false=0.05):
    """Whether n texts are on a theme, and whether a machine finds it in them: n x 1 each."""
    on = rng.random((n, 1)) < share
    return on, np.where(on, rng.random((n, 1)) < found, rng.random((n, 1)) < false)


QUARTER = datetime.date(2024, 1, 1)
