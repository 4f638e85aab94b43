"""Themes and tones that a machine misreads, corrected by texts that people coded (A8)."""

import numpy as np

from analysis.statistics import correction
from analysis.statistics.sampling.samples import Design
from tests.bench.statistics.rows import Row, band_row, coverage, shares_text
from tests.oracles.coded_texts import misread_themes, misread_tones
from tests.oracles.readings import machine_mean, share_estimate

SENSITIVITY, SPECIFICITY, LABELS, TEXTS = 0.76, 0.88, 300, 3_000


def A8(replications, seed):
    """PPI++ at 5, 20 and 50%; compared with Rogan-Gladen and the machine's own share."""
    rng = np.random.default_rng(seed)
    return [
        share_row(rng, p, replications, name=f"A8 PPI++, theme of {p:.0%}: coverage")
        for p in (0.05, 0.2, 0.5)
    ]


def share_row(rng, p, replications, *, name):
    found = np.array([simulated_limits(rng, p) for _ in range(replications)]).T
    others = shares_text(
        Rogan_Gladen=coverage(*found[2:4], p),
        machine=coverage(*found[4:6], p),
        width_against_labels_alone=float((found[1] - found[0]).mean() / found[6].mean()),
    )
    return band_row(name, coverage(*found[:2], p), (0.92, 0.97), replications, others)


def simulated_limits(rng, p):
    truth = rng.random(TEXTS + LABELS) < p
    said = np.where(
        truth, rng.random(len(truth)) < SENSITIVITY, rng.random(len(truth)) > SPECIFICITY
    )
    y, f, rest = (
        truth[:LABELS].astype(float),
        said[:LABELS].astype(float),
        said[LABELS:].astype(float),
    )
    ours = correction.ppi(y, f, Design(weight=np.ones(LABELS)), machine_mean(rest))
    right, wrong = f[y == 1], f[y == 0]
    other = correction.rogan_gladen(
        share_estimate(int(rest.sum()), TEXTS),
        share_estimate(int(right.sum()), len(right)),
        share_estimate(int((1 - wrong).sum()), len(wrong)),
        n=LABELS,
    )
    q = rest.mean()
    reach = 1.96 * (q * (1 - q) / TEXTS) ** 0.5
    alone = 2 * 1.96 * (y.mean() * (1 - y.mean()) / LABELS) ** 0.5
    pair = (np.nan, np.nan) if other is None else (other.low, other.high)
    return ours.low, ours.high, *pair, q - reach, q + reach, alone


SCALE = (-100.0, 100.0)
MIXES = {"mixed": (0.6, 0.2, 0.2), "nearly all worry": (0.98, 0.02, 0.0)}


def tones(replications, seed):
    """Net sentiment of 240 or 60 texts by labels of earlier texts; compared with the interval that
    leaves out the errors of these very texts, and with the machine's own.
    """
    rng = np.random.default_rng(seed)
    return [
        tone_row(rng, name, labels, texts, replications)
        for name in MIXES
        for labels, texts in ((100, 240), (250, 60))
    ]


def tone_row(rng, name, labels, texts, replications):
    found = np.array([tone_limits(rng, labels, texts, MIXES[name]) for _ in range(replications)]).T
    others = shares_text(
        without_new_errors=coverage(found[3], found[4], found[2]),
        machine=coverage(found[5], found[6], found[2]),
    )
    held = coverage(found[0] - 0.03, found[1] + 0.03, found[2])
    check = f"net sentiment, {name}, {labels} earlier labels, {texts} texts: coverage"
    return band_row(check, held, (0.925, 0.98), replications, others)


def tone_limits(rng, labels, texts, shares, *, after=None, right=0.65):
    """The corrected interval, the truth, the interval without new errors, and the machine's."""
    y, f = (100 * one for one in misread_tones(rng, labels, shares, right))
    meant, read = (100 * one for one in misread_tones(rng, texts, after or shares, right))
    design, given = Design(weight=np.ones(labels)), {"power": 1.0, "bounds": SCALE}
    mean = float(read.mean())
    own = correction.MachineMean(mean=mean, concentration=(1 / texts,))
    ours = correction.ppi(y, f, design, own, **given)
    bare = correction.ppi(y, f, design, correction.MachineMean(mean=mean), **given)
    reach = 1.96 * read.std() / texts**0.5
    return ours.low, ours.high, meant.mean(), bare.low, bare.high, mean - reach, mean + reach


def theme_tones(replications, seed):
    """Net sentiment of a theme of one text in five, where 30 labels or more are of it; how often
    its interval is less than 60 points wide.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for name, shares in MIXES.items():
        for labels in (120, 300):
            runs = [theme_limits(rng, labels, 240, shares) for _ in range(replications)]
            low, high, truth = np.array([one for one in runs if one is not None]).T
            held = coverage(low - 0.03, high + 0.03, truth)
            others = shares_text(narrower_than_60=float((high - low < 60).mean()))
            check = f"tone of a theme, {name}, {labels} labels: coverage"
            rows.append(band_row(check, held, (0.925, 0.985), len(truth), others))
    return rows


def theme_limits(rng, labels, texts, shares):
    (y, f), (on, found) = misread_tones(rng, labels, shares), misread_themes(rng, labels, 0.2)
    (meant, read), (true, heard) = (
        misread_tones(rng, texts, shares),
        misread_themes(rng, texts, 0.2),
    )
    mine = heard[:, 0]
    spread = tuple(float((mine == i).sum()) / texts**2 for i in (0, 1))
    corrected = correction.ppi_of_domain(
        correction.LabelledTexts(
            y=100 * y,
            f=100 * f,
            design=Design(weight=np.ones(labels)),
            group=found[:, 0].astype(np.int64),
        ),
        (on[:, 0].astype(float), found[:, 0].astype(float)),
        lambda theta: correction.MachineMean(
            mean=float((mine * (100 * read - theta)).mean()), concentration=spread
        ),
        power=1.0,
        bounds=SCALE,
    )
    if corrected is None or corrected.n < 30:
        return None
    return corrected.low, corrected.high, 100 * meant[true[:, 0]].mean()


def tone_minimum(replications, seed):
    """Ten points more or less worry than when the labels were made, by the share of worry that the
    machine recognises: what the minimum of 0.50 rests on.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for right in (0.2, 0.5, 0.8):
        found = []
        for _ in range(replications):
            more = 0.1 * rng.choice([-1, 1])
            after = (0.6 + more, 0.2 - more / 2, 0.2 - more / 2)
            found.append(tone_limits(rng, 100, 270, MIXES["mixed"], after=after, right=right)[:3])
        low, high, truth = np.array(found).T
        error = float(np.sqrt((((low + high) / 2 - truth) ** 2).mean()))
        rows.append(
            Row(
                f"net sentiment, worry shifts by ten points, recall {right:.1f}",
                replications,
                "none set",
                f"coverage {coverage(low, high, truth):.3f}",
                f"root mean squared error {error:.1f} points",
                True,
            )
        )
    return rows


CRITERIA = (A8, tones, theme_tones, tone_minimum)
