"""Campaigns: 100 planted ones among 10,000 texts, with 20 edited copies of each."""

import csv
import itertools
import random
import time
from collections import Counter
from pathlib import Path

from analysis.text import campaigns
from tests.bench.text.rows import Row
from tests.bench.text.simulated import written

DATA = Path(__file__).parents[4] / "shared" / "data"
TEXTS, CAMPAIGNS, COPIES = 10_000, 100, 20
MOST_EDITED = 0.3
SEED = 20081
OWN_SENTENCES = (
    "I have lived here for thirty years.", "My daughter feels the same about it.",
    "Thank you for reading this to the end.", "It happened again only last week.",
    "Somebody has to say so at last.", "I know of others who would write the same.",
    "We talked about it at the residents' meeting.", "This matters a great deal to my family.",
    "I hope that it is not too late.", "My neighbours asked me to write as well.",
)  # fmt: skip
SUBJECTS = [
    "officers", "the patrol", "my neighbour",
    "the station", "the council", "young people", "the team",
]  # fmt: skip
ACTS = [
    "stopped", "answered", "ignored", "helped", "called",
    "moved", "watched", "asked", "warned", "thanked", "met",
]  # fmt: skip
THINGS = [
    "a van", "the shop", "two boys", "the park",
    "a letter", "the market", "our street", "a bus", "the school",
]  # fmt: skip


def load_texts(dice: random.Random) -> tuple[str, list[str]]:
    """Real texts of unrelated people, or sentences of our own where those are missing."""
    if not DATA.is_dir():
        return "own sentences", list({invented_text(dice) for _ in range(3 * TEXTS)})
    with (DATA / "labelled/banking77/train.csv").open() as file:
        found = {row["text"] for row in csv.DictReader(file)}
    with (DATA / "labelled/goemotions_train/train.tsv").open() as file:
        found |= {line.split("\t")[0] for line in file}
    polis = DATA / "freetext/polis_london_youth_policing/comments.csv"
    with polis.open() as file:
        found |= {row["comment-body"] for row in csv.DictReader(file)}
    return "banking77, GoEmotions, polis", sorted(found)


def invented_text(dice: random.Random) -> str:
    said = (
        f"{dice.choice(SUBJECTS)} {dice.choice(ACTS)} {dice.choice(THINGS)} near number "
        f"{dice.randrange(400)} and {dice.choice(SUBJECTS)} {dice.choice(ACTS)}"
        for _ in range(dice.randrange(1, 4))
    )
    return ", then ".join(said)


def planted_campaigns(words: int) -> tuple[str, list[str], list[int]]:
    """Where the texts come from, the texts in random order, and the campaign of each (-1: none).

    The originals of the campaigns have from `words` to twice as many words.
    """
    dice = random.Random(SEED)
    source, found = load_texts(dice)
    dice.shuffle(found)
    bases: list[str] = []
    for one in found:
        right = words <= len(one.split()) < 2 * words and len(bases) < CAMPAIGNS
        if right and all(is_different(one, base) for base in bases):
            bases.append(one)
    apart = (one for one in found if all(is_different(one, base) for base in bases))
    others = list(itertools.islice(apart, TEXTS - len(bases) * COPIES))
    vocabulary = [word for one in others for word in one.split()]
    pairs = [(one, -1) for one in others]
    for number, base in enumerate(bases):
        pairs += [(edited_copy(base, vocabulary, dice), number) for _ in range(COPIES)]
    dice.shuffle(pairs)
    return source, [text for text, _ in pairs], [number for _, number in pairs]


def is_different(one: str, other: str) -> bool:
    """Whether two texts share less than 0.4 of their words: banking77 has reworded texts."""
    first, second = set(one.lower().split()), set(other.lower().split())
    return len(first & second) < 0.4 * len(first | second)


def edited_copy(base: str, vocabulary: list[str], dice: random.Random) -> str:
    words = base.split()
    for _ in range(round(dice.uniform(0, MOST_EDITED) * len(words))):
        at, act = dice.randrange(len(words)), dice.choice(("substitute", "delete", "insert"))
        words[at : at + (act != "insert")] = [] if act == "delete" else [dice.choice(vocabulary)]
    where = dice.random()
    own = [dice.choice(OWN_SENTENCES)]
    return " ".join([*(own if where < 0.2 else []), *words, *(own if where > 0.8 else [])])


def recall_and_precision(groups: list[list[int]], truth: list[int]) -> tuple[float, float]:
    """Recall: planted texts grouped with their campaign. Precision: their share of all grouped."""
    right = 0
    for group in groups:
        number, count = Counter(truth[i] for i in group).most_common(1)[0]
        right += count if number >= 0 else 0
    found = sum(map(len, groups))
    return right / sum(one >= 0 for one in truth), right / found if found else 1.0


def exact_copies(texts: list[str]) -> list[list[int]]:
    places: dict[str, list[int]] = {}
    for i, text in enumerate(texts):
        places.setdefault(campaigns.comparable_text(text), []).append(i)
    return [group for group in places.values() if len(group) >= campaigns.FEWEST]


def among_chance_twins(cities: int = 20) -> tuple[int, int, float]:
    """Groups found in simulated cities, how many of them are the letter, and its share found."""
    groups, right, found, sent = 0, 0, 0, 0
    for seed in range(1, cities + 1):
        texts, days, letter = written(seed)
        for group in campaigns.find_campaigns(texts, days):
            mine = len(letter & set(group.members))
            groups, right, found = groups + 1, right + (mine > 0), found + mine
        sent += len(letter)
    return groups, right, found / sent


def rows() -> list[Row]:
    source, texts, truth = planted_campaigns(words=20)
    campaigns.find_campaigns(texts[:200])
    started = time.process_time()
    groups = [list(one.members) for one in campaigns.find_campaigns(texts)]
    speed = len(texts) / (time.process_time() - started)
    recall, precision = recall_and_precision(groups, truth)
    plain = "exact copies {:.3f} / {:.3f}".format(*recall_and_precision(exact_copies(texts), truth))
    yard = f"{plain}; datasketch .953 / 1.000, TF-IDF cosine .992 / 1.000 (elsewhere)"
    _, short, short_truth = planted_campaigns(words=12)
    brief = recall_and_precision(
        [list(one.members) for one in campaigns.find_campaigns(short)], short_truth
    )
    groups, right, share = among_chance_twins()
    return [
        Row(
            "campaigns in 20 simulated cities of 40 weeks, groups found / true, recall of texts",
            "20 / 20, 1.0", f"{groups} / {right}, {share:.3f}",
            "burst asked of short ones: 44 / 20",
            groups == right and share == 1.0,
        ),
        Row(
            f"campaigns of 20 to 39 words, recall / precision ({source})",
            ".95 / 1.0", f"{recall:.3f} / {precision:.3f}", yard,
            recall >= 0.95 and precision == 1.0,
        ),
        Row(
            "campaigns of 12 to 23 words, recall / precision",
            "none set", "{:.3f} / {:.3f}".format(*brief), "", True,
        ),
        Row(
            "campaigns, texts a second on one core", "20,000", f"{speed:,.0f}",
            "datasketch 2,200, TF-IDF 2,000 (elsewhere)", speed >= 20_000,
        ),
    ]  # fmt: skip
