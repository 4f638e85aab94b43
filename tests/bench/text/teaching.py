"""What texts chosen to teach earn, next to as many drawn by chance; labels are simulated from the
truth.

Half of each set is held out. Of the others some are drawn and labelled, a machine learns from them,
and more are labelled: chosen as a quarter's sample chooses them, or drawn by chance.
"""

import csv

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, recall_score

from analysis.text.model import reading
from analysis.text.tone import lexicon_features, lexicon_scores, lexicon_tone, mixed_tone
from analysis.themes.tone_heads import ReadTexts, teaching_texts
from survey.themes.double_coding import TEACHING_SIZE
from tests.bench.text import sets
from tests.bench.text.rows import Row
from tests.bench.text.themes import DATA, SEED, load_banking

RUNS = 20
MOST = 4_000
FEWEST_OF_THEME = 30


def rows():
    if (found := sets.patients()) is not None:
        tones = np.array([sets.TONES.index(one) for one in found.tones])
        yield from set_rows("patients", found.texts, tones, found.member, drawn=300)
    if DATA.is_dir():
        with (DATA / "freetext/course_evaluations.csv").open(encoding="utf-8-sig") as file:
            course = list(csv.DictReader(file))
        tones = np.array([1 + int(np.sign(float(row["sentiment"]))) for row in course])
        none = np.zeros((len(course), 0), bool)
        yield from set_rows("courses", [row["text"] for row in course], tones, none, drawn=200)
        texts, kinds = (np.array(one) for one in load_banking())
        member = kinds[:, None] == np.unique(kinds)
        yield from set_rows("banking77", texts.tolist(), None, member, drawn=300)


def set_rows(name, texts, tones, member, *, drawn):
    _, once = np.unique(texts, return_index=True)
    some = np.random.default_rng(SEED).permutation(once)[:MOST]
    machine = Machine([texts[row] for row in some], tones if tones is None else tones[some])
    machine.member = member[some][:, member[some].sum(axis=0) >= FEWEST_OF_THEME]
    scores = [run_scores(machine, drawn, run) for run in range(RUNS)]
    for measure in scores[0][0]:
        before, by_chance, taught = np.array([[one[measure] for one in run] for run in scores]).T
        more = taught - by_chance
        error = 1.96 * more.std(ddof=1) / np.sqrt(RUNS)
        found = f"{taught.mean():.3f}, {more.mean():+.4f} ± {error:.4f} over chance"
        yard = f"as many by chance {by_chance.mean():.3f}, none of them {before.mean():.3f}"
        what = f"texts chosen to teach, {name}, {drawn} drawn before: {measure}"
        yield Row(what, "no harm", found, yard, more.mean() > -error)


def run_scores(machine, drawn, run):
    """The scores with the drawn labels alone, with more by chance, and with those that teach."""
    rng = np.random.default_rng(SEED + run)
    test, rest = np.split(rng.permutation(len(machine.vectors)), [len(machine.vectors) // 2])
    labelled, left = np.split(rest, [drawn])
    chosen = rest[machine.teaching(labelled, rest)]
    chance = rng.choice(left, len(chosen), replace=False)
    known = (labelled, np.append(labelled, chance), np.append(labelled, chosen))
    return [machine.scores(rows, test) for rows in known]


class Machine:
    """Heads over what the product reads in these texts; they learn from labelled rows."""

    def __init__(self, texts, tones):
        read = reading.read_texts(texts)
        self.vectors, self.tones = read.vectors, tones
        said = lexicon_scores(texts)
        mixed = mixed_tone(read.tone, lexicon_tone(said))
        logs = [np.log(np.maximum(one, 1e-4)) for one in (mixed, read.tone)]
        self.features = np.hstack([*logs, lexicon_features(said), 4 * read.vectors])

    def tone(self, labelled, rows):
        if self.tones is None:
            return np.full((len(rows), 3), np.nan)
        model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=500)
        model.fit(self.features[labelled], self.tones[labelled])
        return model.predict_proba(self.features[rows])

    def strengths(self, labelled, rows):
        found = np.zeros((len(rows), self.member.shape[1]))
        for place, told in enumerate(self.member[labelled].T):
            if told.any():
                model = LogisticRegression(C=10, class_weight="balanced", max_iter=300)
                model.fit(self.vectors[labelled], told)
                found[:, place] = model.predict_proba(self.vectors[rows])[:, 1]
        return np.where(found >= 0.5, found, 0.0)

    def teaching(self, labelled, rest):
        pool = ReadTexts(
            vectors=self.vectors[rest].astype(np.float32),
            tone=self.tone(labelled, rest),
            strengths=self.strengths(labelled, rest),
        )
        return teaching_texts(pool, np.arange(len(rest)) < len(labelled), size=TEACHING_SIZE)

    def scores(self, labelled, test):
        found = {}
        if self.tones is not None:
            guess = self.tone(labelled, test).argmax(axis=1)
            found["tone, macro-recall"] = recall_score(self.tones[test], guess, average="macro")
        if self.member.shape[1]:
            guess = self.strengths(labelled, test) > 0
            truth = self.member[test]
            found["themes, macro-F1"] = f1_score(truth, guess, average="macro", zero_division=0)
        return found
