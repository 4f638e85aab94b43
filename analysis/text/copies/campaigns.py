"""Campaigns: many edited copies of one text, found by words and days, never by who wrote them."""

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash
from scipy.sparse import csr_matrix

from analysis.text.copies.likeness import (
    BLOCK,
    Floats,
    Grams,
    Hashes,
    Numbers,
    comparable_text,
    mixed_hash,
)

Flags = NDArray[np.bool_]

# Four rows a band: a pair with a Jaccard index of .6 meets in some band with a chance of .988.
PERMUTATIONS = 128
BANDS = 32
SEED = 20081
NEIGHBOURS = 8
LINKS = (0.6, 0.8)
# More than two standard errors of the estimate from 128 permutations (.043 at an index of .6).
SLACK = 0.1
KERNEL = 0.5
WHOLE = 0.6
HELD = 0.5
NEARLY_HELD = 0.2
APART = 0.5
STRICT = 0.8
OF_THE_TEXT = 0.25
FEWEST = 5
MANY = 10
SHORTEST = 60
STANDS_ALONE = 150
MOST_AT_ONCE = 1_000_000
BURST_DAYS = 14
BURST_SHARE = 2 / 3


class CampaignGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Copies of one text: their positions in the input, and the most central of them."""

    members: tuple[int, ...]
    central: int


def find_campaigns(
    texts: Sequence[str], days: Sequence[datetime.date] | None = None
) -> list[CampaignGroup]:
    """Groups of 5 or more copies of one text, the largest first. Texts are redacted.

    A text is the set of its different runs of 5 letters, without case, punctuation and redaction
    marks. MinHash (128 permutations, 32 bands) finds pairs, an exact Jaccard index of .6 or more
    links them to seeds (those without a core of .6 of a text are linked again from .8 on). The core
    of a seed is what half of its texts share. A text belongs if it contains half of a core that
    makes up a quarter of it, so that a sentence of one's own does not hide it. Where texts that
    contain .2 to .5 of a core are more than half of those that contain it, people only use similar
    words: then .8 is required. Texts under 60 letters are stock phrases and in no group. A group
    that shares fewer than 150 runs needs a burst where `days` are given: two thirds of it within 14
    days. The result does not depend on the order of the texts. Cost: some 20,000 texts of 20 words
    a second on a core.
    """
    plain = [comparable_text(text) for text in texts]
    # Sorted, because the order in which texts came must not change the groups.
    different = sorted({text for text in plain if len(text) >= SHORTEST})
    if not different:
        return []
    copies = Counter(plain)
    grams = Grams(different)
    group, held = text_groups(grams, np.array([copies[text] for text in different]))
    place = {text: i for i, text in enumerate(different)}
    members: dict[int, list[int]] = {}
    for i, text in enumerate(plain):
        if text in place and (number := int(group[place[text]])) >= 0:
            members.setdefault(number, []).append(i)
    found = [
        CampaignGroup(members=tuple(mine), central=central_text(mine, plain, held, place))
        for mine in members.values()
        if len(mine) >= FEWEST
        and is_campaign(
            # Each different text once, or one that is sent often would be the core by itself.
            shared_core(grams, np.unique([place[plain[i]] for i in mine])),
            None if days is None else [days[i] for i in mine],
        )
    ]
    # Equal sizes are ordered by the text itself: its position depends on the order of the input.
    return sorted(found, key=lambda one: (-len(one.members), plain[one.central]))


def central_text(
    members: Iterable[int], plain: Sequence[str], held: Floats, place: dict[str, int]
) -> int:
    """The text that contains most of the core; among equals the shortest, which adds least."""
    return min(members, key=lambda i: (-held[place[plain[i]]], len(plain[i]), plain[i], i))


def is_campaign(core: Hashes, days: Sequence[datetime.date] | None) -> bool:
    """Whether texts with this core, received on these days, are more than alike by chance.

    A long passage that ten or more texts share is not chance. A shorter one, a saying, needs two
    thirds of its texts within 14 days. Fewer than ten texts must all come within 14 days: over
    months, people who do not know each other write the same few sentences.
    """
    if days is None:
        return True
    if len(days) < MANY:
        return max(days) - min(days) < datetime.timedelta(days=BURST_DAYS)
    return len(core) >= STANDS_ALONE or is_burst(days)


def is_burst(days: Sequence[datetime.date]) -> bool:
    """Whether two thirds of the days or more lie within any 14 days."""
    ordered = np.sort(np.array([day.toordinal() for day in days]))
    inside = np.searchsorted(ordered, ordered + BURST_DAYS) - np.arange(len(ordered))
    return bool(inside.max() >= BURST_SHARE * len(ordered))


def text_groups(grams: Grams, copies: Numbers) -> tuple[Numbers, Floats]:
    """The group of each text (-1: none), and the share of its core that the text contains."""
    group, best = np.full(len(grams), -1), np.zeros(len(grams))
    cores = list(seed_cores(grams, copies))
    if not cores:
        return group, best
    known = np.unique(np.concatenate(cores))
    sizes = np.array([len(core) for core in cores])
    owner = np.repeat(np.arange(len(cores)), sizes)
    table = sparse_table(
        np.searchsorted(known, np.concatenate(cores)), owner, (len(known), len(cores))
    )
    text, core, runs = shared_runs(runs_by_text(grams, known), table, NEARLY_HELD * sizes)
    held = runs / sizes[core]
    asked = required_shares(core, held, copies[text], len(cores))
    first, second, both = shared_runs(table.T.tocsr(), table, HELD * sizes)
    # Of the larger core, or a saying would join every campaign that contains it.
    one = both >= np.maximum(asked[first], asked[second]) * np.maximum(sizes[first], sizes[second])
    root = connected_roots(len(cores), zip(first[one].tolist(), second[one].tolist(), strict=True))
    belongs = (held >= asked[core]) & (runs >= OF_THE_TEXT * grams.sizes[text])
    # The last assignment wins: the core with the largest share, of equals the first.
    order = np.lexsort((-core, held))
    order = order[belongs[order]]
    group[text[order]] = root[core[order]]
    best[text[order]] = held[order]
    return group, best


def runs_by_text(grams: Grams, known: Hashes) -> csr_matrix:
    """Which text has which of the known runs (texts x known), a block at a time."""
    rows, columns = [], []
    for start in range(0, len(grams.hashes), MOST_AT_ONCE):
        part = slice(start, start + MOST_AT_ONCE)
        # A run above all known ones would point behind the last of them.
        at = np.minimum(np.searchsorted(known, grams.hashes[part]), len(known) - 1)
        hit = known[at] == grams.hashes[part]
        rows.append(grams.text[part][hit])
        columns.append(at[hit])
    return sparse_table(np.concatenate(rows), np.concatenate(columns), (len(grams), len(known)))


def shared_runs(
    said: csr_matrix, table: csr_matrix, least: Floats
) -> tuple[Numbers, Numbers, Floats]:
    """Each text and core that share at least `least` of the core's runs, and how many they share.

    A block of rows at a time: where everybody uses the same stock phrases, every row shares
    something with every core.
    """
    found = []
    for start in range(0, said.shape[0], BLOCK):
        # All rows at once took 19 GB for 50,000 texts of stock phrases; in blocks it is 2.5.
        block = (said[start : start + BLOCK] @ table).tocoo()
        enough = block.data >= least[block.col]
        found.append((block.row[enough] + start, block.col[enough], block.data[enough]))
    rows, cores, runs = (np.concatenate(part) for part in zip(*found, strict=True))
    return rows.astype(np.int64), cores.astype(np.int64), runs


def required_shares(core: Numbers, held: Floats, copies: Numbers, cores: int) -> Floats:
    """The share of a core that a text must contain to belong to its campaign: a larger one if many
    other texts contain nearly enough.
    """
    full = np.bincount(core[held >= HELD], copies[held >= HELD], cores)
    nearly = (held >= NEARLY_HELD) & (held < HELD)
    return np.where(np.bincount(core[nearly], copies[nearly], cores) > APART * full, STRICT, HELD)


def sparse_table(rows: Numbers, columns: Numbers, shape: tuple[int, int]) -> csr_matrix:
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)


def seed_cores(grams: Grams, copies: Numbers) -> Iterator[Hashes]:
    """The core of each seed: two texts or more that are linked and share most of their words."""
    signatures = minhash_signatures(grams)
    pairs = candidate_pairs(signatures)
    likeness = estimated_jaccard(signatures, pairs)
    waiting = np.ones(len(grams), dtype=np.bool_)
    for least in LINKS:
        chosen = (likeness >= least - SLACK) & waiting[pairs].all(axis=1)
        # The likeliest first: most later pairs are then joined already and skip the exact index.
        order = np.flatnonzero(chosen)[np.argsort(-likeness[chosen], kind="stable")]
        root = connected_roots(len(grams), linked_pairs(grams, pairs[order], least))
        weight = np.bincount(root, copies * waiting)
        incoherent = np.zeros(len(grams), dtype=np.bool_)
        by_root = np.argsort(root, kind="stable")
        # Copies count: one text that came twice is a seed as well.
        for seed in np.flatnonzero(weight >= 2):
            first, last = np.searchsorted(root[by_root], (seed, seed + 1))
            texts = by_root[first:last]
            core = shared_core(grams, texts)
            # Links chain: texts at the two ends of a seed may share nothing, and then it has no
            # core.
            if len(core) >= WHOLE * np.median(grams.sizes[texts]):
                yield core
            else:
                incoherent[texts] = True
        waiting = incoherent


def minhash_signatures(grams: Grams) -> NDArray[np.uint32]:
    """MinHash of each text (texts x 128), a block at a time: they come as lists of numbers."""
    blocks = []
    for start in range(0, len(grams), BLOCK):
        starts = grams.starts[start : start + BLOCK + 1]
        digests = RMinHash.digest_matrix_from_flat_token_hashes(
            grams.hashes[starts[0] : starts[-1]],
            (starts - starts[0]).astype(np.uint64),
            num_perm=PERMUTATIONS,
            seed=SEED,
        )
        blocks.append(np.array(digests.to_rows(), dtype=np.uint32))
    return np.concatenate(blocks)


def shared_core(grams: Grams, texts: Numbers) -> Hashes:
    found, times = np.unique(np.concatenate([grams.of(i) for i in texts]), return_counts=True)
    return found[times >= KERNEL * len(texts)]


def candidate_pairs(signatures: NDArray[np.uint32]) -> Numbers:
    """Pairs of texts that agree in all rows of at least one band, each once.

    In a crowded band a text is compared with the next eight only: links reach the others.
    """
    rows, texts = PERMUTATIONS // BANDS, len(signatures)
    found = [np.zeros(0, dtype=np.int64)]
    for band in range(BANDS):
        part = np.zeros(texts, dtype=np.uint64)
        for column in range(band * rows, (band + 1) * rows):
            part = mixed_hash(part ^ signatures[:, column])
        order = np.argsort(part, kind="stable")
        part = part[order]
        for step in range(1, NEIGHBOURS + 1):
            same = np.flatnonzero(part[step:] == part[:-step])
            # One number a pair, because finding equal numbers is cheaper than finding equal rows.
            found.append(order[same] * texts + order[same + step])
    keys = np.unique(np.concatenate(found))
    return np.stack((keys // texts, keys % texts), axis=1)


def estimated_jaccard(
    signatures: NDArray[np.uint32], pairs: Numbers, at_once: int = 50_000
) -> Floats:
    """The share of permutations in which two texts agree: their Jaccard index, give or take .04."""
    parts = [pairs[i : i + at_once] for i in range(0, len(pairs), at_once)]
    agree = [(signatures[part[:, 0]] == signatures[part[:, 1]]).mean(axis=1) for part in parts]
    return np.concatenate(agree) if agree else np.zeros(0)


def linked_pairs(grams: Grams, pairs: Numbers, least: float) -> Iterator[tuple[int, int]]:
    """The pairs with at least this exact Jaccard index; those already joined are skipped."""
    parent = list(range(len(grams)))
    for first, second in pairs.tolist():
        if (one := find_root(parent, first)) == (two := find_root(parent, second)):
            continue
        if jaccard_index(grams.of(first), grams.of(second)) >= least:
            parent[max(one, two)] = min(one, two)
            yield first, second


def jaccard_index(one: Hashes, two: Hashes) -> float:
    both = len(np.intersect1d(one, two, assume_unique=True))
    return both / (len(one) + len(two) - both)


def connected_roots(many: int, pairs: Iterable[tuple[int, int]]) -> Numbers:
    """For each item the smallest member of the group it is connected to; `pairs` are the
    connections.
    """
    parent = list(range(many))
    for first, second in pairs:
        one, two = find_root(parent, first), find_root(parent, second)
        parent[max(one, two)] = min(one, two)
    return np.array([find_root(parent, i) for i in range(many)])


def find_root(parent: list[int], i: int) -> int:
    while parent[i] != i:
        # The path is halved on the way, so that a long chain is not walked again for every text.
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i
