"""Heads that learn from labels of people: how a text sounds, and where it stands on a demand."""

import datetime
from collections.abc import Sequence

import msgspec
import numpy as np
from sklearn.linear_model import LogisticRegression

from analysis.text import stance
from analysis.text.model import reading
from analysis.text.model.passages import unpack_vectors
from analysis.text.stance import Floats, Ints, ReadTexts
from analysis.text.tone import LABELS, TaughtTones, evidence_of, shipped_tone, tone_probabilities
from analysis.themes.tone_heads import JudgedTones, fit_tone_head, label_curves
from api import clock
from api.jobs.texts import coding, second_readings
from api.jobs.texts.second_readings import find_head, tones_of, usable_texts
from api.operations.answers.submissions import PERCEPTION_SURVEY
from api.process.long_work import run_in_thread
from survey.store.database import Connection
from survey.store.themes import codebooks, demands, double_coding, recodings, tone_heads
from survey.store.themes.demands import ReadableText
from survey.store.themes.double_coding import TwiceCodedText
from survey.store.themes.tone_heads import TextToReread
from survey.themes.codebooks import current_themes, ids_counted_as
from survey.themes.demands import FEWEST_TO_LEARN, STANCES, Demand
from survey.themes.double_coding import PURPOSES
from survey.themes.tone_heads import FEWEST_TONES, HeadCheck, LabelCurve, ToneHead

Learned = tuple[ToneHead, HeadCheck, tuple[LabelCurve, ...]]
LOOK_BACK = datetime.timedelta(weeks=52)
BATCH = 1_000
UNKNOWN_TONE = np.full(3, 1 / 3)


async def learn_tone(connection: Connection, _: str) -> None:
    """Learn a head, unless nothing was coded since the last one."""
    await learn_tone_head(connection)


async def learn_tone_head(connection: Connection) -> int | None:
    """Learn a head, return its number; None with under 100 labels or 10 of a tone, or no new ones.

    Settled texts that today's coder has not read are read again first.
    """
    book = await codebooks.get_newest(connection)
    coded = await double_coding.load_coded_twice(connection, book.version, PURPOSES)
    labels = {row.text: row for row in coded if row.counts and row.counts.tone}
    usable = await load_usable(connection, list(labels))
    newest = await tone_heads.find_newest(connection)
    # A head of an older model reads nothing, so it is learned again from the same labels.
    is_known = newest and (newest.labels, newest.reader) == (len(usable), reading.VERSION)
    if len(usable) < FEWEST_TONES or is_known:
        return None
    force = await find_head(connection, await tone_heads.find_reading(connection))
    head = await run_in_thread(
        learned_head, [labels[str(text.id)] for text in usable], usable, force
    )
    return await tone_heads.insert(connection, *head) if head else None


async def load_usable(connection: Connection, texts: list[str]) -> list[TextToReread]:
    """These texts as a head reads them; texts that the head cannot read are coded again first."""
    rows = await tone_heads.load_readable(connection, texts)
    usable = await run_in_thread(usable_texts, rows)
    if len(usable) == len(rows):
        return usable
    known = {row.id for row in usable}
    await recodings.mark_due(connection, [row.id for row in rows if row.id not in known])
    await coding.code_all(connection)
    return await run_in_thread(usable_texts, await tone_heads.load_readable(connection, texts))


def learned_head(
    labels: Sequence[TwiceCodedText], texts: list[TextToReread], force: ToneHead | None
) -> Learned | None:
    judged = judged_tones(labels, texts, force)
    if not judged.suffice():
        return None
    head, checked = fit_tone_head(judged, reading.VERSION)
    return head, checked, label_curves(judged)


def judged_tones(
    labels: Sequence[TwiceCodedText], texts: list[TextToReread], force: ToneHead | None
) -> JudgedTones:
    """The labels as a head learns from them. Teaching texts get the mean weight of the drawn texts,
    and are not used to judge a head.
    """
    drawn = np.array([label.purpose == "estimate" for label in labels], dtype=np.bool_)
    weight = np.array([label.weight for label in labels], dtype=np.float64)
    weight[~drawn] = weight[drawn].mean() if drawn.any() else 1.0
    places = [
        LABELS.index(label.counts.tone) for label in labels if label.counts and label.counts.tone
    ]
    in_force = [LABELS.index(tone.label) for tone in tones_of(force, texts)]
    return JudgedTones(
        taught=TaughtTones(
            evidence=evidence_of(
                [text.sentiment for text in texts],
                [text.passages for text in texts if text.passages],
            ),
            tone=np.array(places, dtype=np.int64),
            weight=weight,
            fold=np.array([text.fold for text in texts], dtype=np.int64),
        ),
        stream=np.array([text.stream for text in texts], dtype=np.str_),
        # With the quarter: each quarter was drawn by itself, so its strata are its own.
        stratum=np.array([f"{label.quarter} {label.stratum}" for label in labels], dtype=np.str_),
        drawn=drawn,
        in_force=np.array(in_force, dtype=np.int64),
    )


async def use_newest_head(connection: Connection, *, by: str | None) -> bool:
    """Learn a head and read tone by it from now on, if it reads better; all texts at once."""
    number = await learn_tone_head(connection)
    newest = await tone_heads.find_newest(connection)
    if number is None or newest is None or not newest.checked.beats:
        return False
    before = await tone_heads.find_reading(connection)
    await second_readings.switch_tone_head(connection, number, after=before.version, by=by)
    await second_readings.reread_all(connection)
    return True


async def read_stances(connection: Connection, key: str) -> None:
    """Read the texts about the demand with this id; about all demands for any other key."""
    every = await demands.load_all(connection)
    for chosen_demand in [demand for demand in every if demand.id == key] or every:
        await read_demand(connection, chosen_demand)


async def read_all(connection: Connection) -> None:
    """Read the texts about every demand, so that an edition leaves none out."""
    for demand in await demands.load_all(connection):
        await read_demand(connection, demand)


async def read_demand(connection: Connection, demand: Demand) -> None:
    """Find the texts of a year about a demand; read new ones, and all where there are new labels.

    Heads are fitted again from the labels each time: a few hundred take less than a second.
    """
    book = await codebooks.get_newest(connection)
    themes = current_themes(book, demand.themes, since=demand.codebook)
    await demands.find_texts(
        connection,
        demand.id,
        sampled=PERCEPTION_SURVEY,
        since=clock.midnight(clock.today() - LOOK_BACK),
        themes=sorted({theme_id for theme in themes for theme_id in ids_counted_as(book, theme)}),
        words=demand.pattern(),
    )
    labelled = await demands.load_labelled(connection, demand.id, reading.VERSION)
    stances = np.array([STANCES.index(text.stance) for text in labelled if text.stance], np.int64)
    fold = folds_of(labelled)
    if len(stances) < FEWEST_TO_LEARN or not stance.can_learn(stances, fold):
        return
    asked = await run_in_thread(stance.demand_vector, demand.sentence)
    features = await run_in_thread(text_features, labelled, asked)
    heads = await run_in_thread(stance.fit_heads, features, stances, fold)
    labels = await demands.count_stance_labels(connection, demand.id)
    newest = await demands.find_stance_head(connection, demand.id)
    if newest is None or newest.labels != labels:
        drawn = np.array([text.drawn for text in labelled], dtype=np.bool_)
        stance_reading = await run_in_thread(stance.judge_heads, features, stances, fold, drawn)
        stance_reading = msgspec.structs.replace(stance_reading, labels=labels)
        await demands.insert_stance_head(connection, demand.id, stance_reading)
    while unread := await demands.load_unread(
        connection, demand.id, reading.VERSION, labels, BATCH
    ):
        rows = await run_in_thread(guess_rows, heads, unread, asked)
        await demands.save_stances(connection, demand.id, labels, rows)


def folds_of(texts: Sequence[ReadableText]) -> Ints:
    return np.array([stance.fold_of(text.redacted) for text in texts], np.int64)


def text_features(texts: Sequence[ReadableText], asked: stance.Rows) -> Floats:
    tones = [
        tone_probabilities(shipped_tone(text.sentiment))
        if text.sentiment and text.sentiment.confidence
        else UNKNOWN_TONE
        for text in texts
    ]
    read = ReadTexts(
        [text.redacted for text in texts],
        [unpack_vectors(text.passages) for text in texts],
        np.array(tones, np.float64),
    )
    return stance.stance_features(read, asked)


def guess_rows(
    heads: Sequence[LogisticRegression], texts: Sequence[ReadableText], asked: stance.Rows
) -> list[demands.ReadStance]:
    guesses = stance.guess_by_fold(heads, text_features(texts, asked), folds_of(texts))
    return [
        demands.ReadStance(text.text, STANCES[place], sureness)
        for text, place, sureness in zip(
            texts, guesses.stance.tolist(), guesses.sureness.tolist(), strict=True
        )
    ]
