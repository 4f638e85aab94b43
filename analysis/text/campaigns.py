"""Campaigns: one text many times, found by words, vectors and days, never by who wrote it."""

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash
from scipy.sparse import csr_matrix

from analysis.text.copies import (
    BLOCK,
    FEWEST_WORDS,
    Floats,
    Grams,
    Hashes,
    Numbers,
    RewrittenGroup,
    Rows,
    comparable_text,
    mixed_hash,
    rewritten_groups,
)
from analysis.text.personal_data import without_marks

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
    """Texts of one campaign: their positions in the input, and the most central of them.

    `reworded` has the position of each member that puts the message in other words, and its cosine
    to the centre of all wordings.
    """

    members: tuple[int, ...]
    central: int
    reworded: dict[int, float] = {}


class ComparedTexts(NamedTuple):
    """Texts as they are compared: `plain`, and the `different` ones, sorted, with their
    `places`.
    """

    plain: list[str]
    different: list[str]
    places: list[list[int]]
    days: Sequence[datetime.date] | None

    def days_of(self, members: Sequence[int]) -> list[datetime.date] | None:
        return None if self.days is None else [self.days[i] for i in members]

    def members_of(self, rows: Iterable[int]) -> list[int]:
        return sorted(i for row in rows for i in self.places[row])


def find_campaigns(
    texts: Sequence[str],
    days: Sequence[datetime.date] | None = None,
    vectors: Rows | None = None,
) -> list[CampaignGroup]:
    """Groups of 5 or more texts that are one letter, the largest first. Texts are redacted.

    A text is the set of its different runs of 5 letters, without case, punctuation and redaction
    marks. MinHash (128 permutations, 32 bands) finds pairs, an exact Jaccard index of .6 or more
    links them to first groups, the seeds (seeds without a core of .6 of a text are linked again
    from .8 on). The core of a seed is the runs that half of its texts have. A text belongs if it
    contains half of a core that makes up a quarter of it, so that a sentence of one's own does not
    hide it. Where texts that contain .2 to .5 of a core are more than half of those that contain
    it, people use similar words and .8 is required. Texts under 60 letters are in no group. A group
    that shares fewer than 150 runs needs a burst where `days` are given: two thirds within 14 days.
    With `vectors` (n, d) of whole texts, of length 1 or 0, those that say the same in other words
    belong too, in a burst, and hide no copy (`rewritten_groups`). The order of the texts does not
    matter. Cost: some 20,000 texts of 20 words a second on one processor.
    """
    plain = [comparable_text(text) for text in texts]
    places: dict[str, list[int]] = {}
    for i, text in enumerate(plain):
        if len(text) >= SHORTEST:
            places.setdefault(text, []).append(i)
    # Sorted, because the order in which texts came must not change the groups.
    different = sorted(places)
    compared = ComparedTexts(plain, different, [places[text] for text in different], days)
    if not compared.different:
        return []
    grams = Grams(compared.different)
    copies = np.array([len(places) for places in compared.places])
    cores = list(seed_cores(grams, copies))
    kin = np.full(len(grams), -1)
    group, held = text_groups(grams, copies, cores, kin)
    reworded = [] if vectors is None else reworded_rows(compared, texts, vectors, group)
    for number, rewording in enumerate(reworded):
        kin[rewording.rows] = number
    if reworded:
        group, held = text_groups(grams, copies, cores, kin)
    campaigns = [
        CampaignGroup(members=tuple(members), central=central_text(rows, held, compared))
        for rows in (np.flatnonzero(group == number) for number in np.unique(group[group >= 0]))
        if len(members := compared.members_of(rows)) >= FEWEST
        # Each different text once, or one that is sent often would be the core by itself.
        and is_campaign(shared_core(grams, rows), compared.days_of(members))
    ]
    # Equal sizes are ordered by the text itself: its position depends on the order of the input.
    campaigns = with_reworded(campaigns, reworded, compared)
    return sorted(
        campaigns, key=lambda campaign: (-len(campaign.members), compared.plain[campaign.central])
    )


def reworded_rows(
    compared: ComparedTexts, texts: Sequence[str], vectors: Rows, group: Numbers
) -> list[RewrittenGroup]:
    """Groups of texts with one message in different words; `group` numbers the groups of copies."""
    # Of equal texts the first by its letters, because case and marks change a vector a little.
    chosen = [min(places, key=lambda i: (texts[i], i)) for places in compared.places]
    rows = np.array(
        [
            row
            for row, i in enumerate(chosen)
            if len(without_marks(texts[i]).split()) >= FEWEST_WORDS and vectors[i].any()
        ],
        dtype=np.int64,
    )
    if not len(rows):
        return []
    days = np.zeros(len(rows), dtype=np.int64)
    if compared.days is not None:
        first = [min(compared.days_of(compared.places[row]) or ()) for row in rows]
        days = np.array([day.toordinal() for day in first])
    groups = rewritten_groups(
        vectors[[chosen[row] for row in rows]].astype(np.float32), days, copy_weights(group[rows])
    )
    return [RewrittenGroup(rows[text_group.rows], text_group.likeness) for text_group in groups]


def copy_weights(group: Numbers) -> Floats:
    """The weight of each text: 1, but the copies of one letter together weigh 5, or they would
    outweigh the texts in other words.
    """
    sizes = np.bincount(group + 1)
    # Group -1, which is no group, is counted first.
    return np.where(group < 0, 1.0, np.minimum(1.0, FEWEST / sizes[group + 1]))


def with_reworded(
    groups: list[CampaignGroup], reworded: Sequence[RewrittenGroup], compared: ComparedTexts
) -> list[CampaignGroup]:
    """The campaigns with their reworded texts, and campaigns of reworded texts alone.

    A group with copies of a campaign belongs to that campaign; with copies of several, to the one
    with most of its texts, for two organisers may ask for opposite things in like words.
    """
    number = {i: place for place, campaign in enumerate(groups) for i in campaign.members}
    for group in reworded:
        near = dict(zip(group.rows.tolist(), group.likeness.tolist(), strict=True))
        members = compared.members_of(near)
        known = Counter(number[i] for i in members if i in number)
        rows = [row for row in near if compared.places[row][0] not in number]
        new = {i: near[row] for row in rows for i in compared.places[row]}
        if known:
            place = min(
                known, key=lambda index: (-known[index], compared.plain[groups[index].central])
            )
            own = {i for i in members if number.get(i, place) == place}
            if not new or not is_reworded_campaign(compared, sorted(own)):
                continue
            groups[place] = msgspec.structs.replace(
                groups[place], members=tuple(sorted((*groups[place].members, *new))), reworded=new
            )
        elif is_reworded_campaign(compared, members):
            central = min(rows, key=lambda row: (-near[row], len(compared.different[row]), row))
            first = min(compared.places[central])
            groups.append(CampaignGroup(members=tuple(members), central=first, reworded=new))
    return groups


def is_reworded_campaign(compared: ComparedTexts, members: Sequence[int]) -> bool:
    """Whether texts that share no passage came in a burst, where days are known."""
    return len(members) >= FEWEST and is_campaign(
        np.zeros(0, dtype=np.uint64), compared.days_of(members)
    )


def central_text(rows: Iterable[int], held: Floats, compared: ComparedTexts) -> int:
    """The text that contains most of the core; among equals the shortest, which adds least."""
    row = min(rows, key=lambda row: (-held[row], len(compared.different[row]), row))
    return compared.places[row][0]


def is_campaign(core: Hashes, days: Sequence[datetime.date] | None) -> bool:
    """Whether texts that share this core, received on these days, are alike by more than chance.

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


def text_groups(
    grams: Grams, copies: Numbers, cores: Sequence[Hashes], kin: Numbers
) -> tuple[Numbers, Floats]:
    """The group of each text (-1: none), and the share of its core that the text contains.

    `kin` (texts) is the number of the letter that each rewords, -1 for none.
    """
    group, best = np.full(len(grams), -1), np.zeros(len(grams))
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
    # Whoever writes a letter anew may keep some of its words, and is no stranger who uses them.
    strange = kin[text] < 0
    # More of a core is asked where many other texts, by strangers, contain nearly enough of it.
    each, many = copies[text], len(cores)
    full = np.bincount(core[held >= HELD], each[held >= HELD], many)
    nearly = strange & (held >= NEARLY_HELD) & (held < HELD)
    asked = np.where(np.bincount(core[nearly], each[nearly], many) > APART * full, STRICT, HELD)
    first, second, both = shared_runs(table.T.tocsr(), table, NEARLY_HELD * sizes)
    letter = np.full(len(cores), -1)
    letter[core[~strange & (held >= HELD)]] = kin[text[~strange & (held >= HELD)]]
    least = np.maximum(asked[first], asked[second])
    least[(letter[first] == letter[second]) & (letter[first] >= 0)] = NEARLY_HELD
    # Of the larger core, or a saying would join every campaign that contains it.
    matches = both >= least * np.maximum(sizes[first], sizes[second])
    root = connected_roots(
        len(cores), zip(first[matches].tolist(), second[matches].tolist(), strict=True)
    )
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
    blocks = []
    for start in range(0, said.shape[0], BLOCK):
        # All rows at once took 19 GB for 50,000 texts of stock phrases; in blocks it is 2.5.
        block = (said[start : start + BLOCK] @ table).tocoo()
        enough = block.data >= least[block.col]
        blocks.append((block.row[enough] + start, block.col[enough], block.data[enough]))
    rows, cores, runs = (np.concatenate(part) for part in zip(*blocks, strict=True))
    return rows.astype(np.int64), cores.astype(np.int64), runs


def sparse_table(rows: Numbers, columns: Numbers, shape: tuple[int, int]) -> csr_matrix:
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)


def seed_cores(grams: Grams, copies: Numbers) -> Iterator[Hashes]:
    """The grams that most of a seed share, by seed: linked texts with most words in common."""
    signatures = minhash_signatures(grams)
    pairs = candidate_pairs(signatures)
    # The share of permutations in which two texts agree is their Jaccard index, give or take .04.
    parts = [pairs[i : i + 50_000] for i in range(0, len(pairs), 50_000)]
    agree = [(signatures[part[:, 0]] == signatures[part[:, 1]]).mean(axis=1) for part in parts]
    likeness = np.concatenate(agree) if agree else np.zeros(0)
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
    runs, times = np.unique(np.concatenate([grams.of(i) for i in texts]), return_counts=True)
    return runs[times >= KERNEL * len(texts)]


def candidate_pairs(signatures: NDArray[np.uint32]) -> Numbers:
    """Pairs of texts that agree in all rows of at least one band, each once.

    In a crowded band a text is compared with the next eight only: links reach the others.
    """
    rows, texts = PERMUTATIONS // BANDS, len(signatures)
    pair_keys = [np.zeros(0, dtype=np.int64)]
    for band in range(BANDS):
        part = np.zeros(texts, dtype=np.uint64)
        for column in range(band * rows, (band + 1) * rows):
            part = mixed_hash(part ^ signatures[:, column])
        order = np.argsort(part, kind="stable")
        part = part[order]
        for step in range(1, NEIGHBOURS + 1):
            same = np.flatnonzero(part[step:] == part[:-step])
            # One number a pair, because finding equal numbers is cheaper than finding equal rows.
            pair_keys.append(order[same] * texts + order[same + step])
    keys = np.unique(np.concatenate(pair_keys))
    return np.stack((keys // texts, keys % texts), axis=1)


def linked_pairs(grams: Grams, pairs: Numbers, least: float) -> Iterator[tuple[int, int]]:
    """The pairs with at least this exact Jaccard index; those already joined are skipped."""
    parent = list(range(len(grams)))
    for first, second in pairs.tolist():
        roots = find_root(parent, first), find_root(parent, second)
        if roots[0] == roots[1]:
            continue
        mine, other = grams.of(first), grams.of(second)
        both = len(np.intersect1d(mine, other, assume_unique=True))
        if both / (len(mine) + len(other) - both) >= least:
            parent[max(roots)] = min(roots)
            yield first, second


def connected_roots(many: int, pairs: Iterable[tuple[int, int]]) -> Numbers:
    """For each of `many` texts the smallest member of its group; `pairs` are the connections."""
    parent = list(range(many))
    for first, second in pairs:
        roots = find_root(parent, first), find_root(parent, second)
        parent[max(roots)] = min(roots)
    return np.array([find_root(parent, i) for i in range(many)])


def find_root(parent: list[int], i: int) -> int:
    while parent[i] != i:
        # The path is halved on the way, so that a long chain is not walked again for every text.
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i
