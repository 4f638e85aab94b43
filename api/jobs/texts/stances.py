"""Finds the texts about each demand, and reads their stance by a head that learns from labels."""

import datetime
from collections.abc import Sequence

import msgspec
import numpy as np
from sklearn.linear_model import LogisticRegression

from analysis.text import stance
from analysis.text.model import reading
from analysis.text.model.passages import unpack_vectors
from analysis.text.stance import Floats, Ints, ReadTexts
from analysis.text.tone import shipped_tone, tone_probabilities
from api import clock
from api.operations.answers.submissions import PERCEPTION_SURVEY
from api.process.threads import run_in_thread
from survey.coding.codebooks import current_themes, ids_counted_as
from survey.coding.demands import FEWEST_TO_LEARN, STANCES, Demand
from survey.store.coding import codebooks, demands
from survey.store.coding.demands import ReadableText
from survey.store.database import Connection

LOOK_BACK = datetime.timedelta(weeks=52)
BATCH = 1_000
UNKNOWN_TONE = np.full(3, 1 / 3)


async def read_stances(connection: Connection, key: str) -> None:
    """Read the texts about the demand with this id; about all demands for any other key."""
    every = await demands.load_all(connection)
    for one in [demand for demand in every if demand.id == key] or every:
        await read_demand(connection, one)


async def read_all(connection: Connection) -> None:
    """Read the texts about every demand, so that an edition leaves none out."""
    for one in await demands.load_all(connection):
        await read_demand(connection, one)


async def read_demand(connection: Connection, demand: Demand) -> None:
    """Find the texts of a year about a demand; read new ones, and all where there are new labels.

    Heads are fitted again from the labels each time: a few hundred take less than a second.
    """
    await find_texts(connection, demand)
    labelled = await demands.load_labelled(connection, demand.id, reading.VERSION)
    stances = np.array([STANCES.index(one.stance) for one in labelled if one.stance], np.int64)
    fold = folds_of(labelled)
    if len(stances) < FEWEST_TO_LEARN or not stance.can_learn(stances, fold):
        return
    asked = await run_in_thread(stance.demand_vector, demand.sentence)
    features = await run_in_thread(text_features, labelled, asked)
    heads = await run_in_thread(stance.fit_heads, features, stances, fold)
    labels = await demands.count_stance_labels(connection, demand.id)
    newest = await demands.find_stance_head(connection, demand.id)
    if newest is None or newest.labels != labels:
        drawn = np.array([one.drawn for one in labelled], dtype=np.bool_)
        found = await run_in_thread(stance.judge_heads, features, stances, fold, drawn)
        found = msgspec.structs.replace(found, labels=labels)
        await demands.insert_stance_head(connection, demand.id, found)
    while unread := await demands.load_unread(
        connection, demand.id, reading.VERSION, labels, BATCH
    ):
        rows = await run_in_thread(guess_rows, heads, unread, asked)
        await demands.save_stances(connection, demand.id, labels, rows)


def folds_of(texts: Sequence[ReadableText]) -> Ints:
    return np.array([stance.fold_of(one.redacted) for one in texts], np.int64)


async def find_texts(connection: Connection, demand: Demand) -> None:
    book = await codebooks.get_newest(connection)
    themes = current_themes(book, demand.themes, since=demand.codebook)
    await demands.find_texts(
        connection,
        demand,
        sorted({one for theme in themes for one in ids_counted_as(book, theme)}),
        sampled=PERCEPTION_SURVEY,
        since=clock.midnight(clock.today() - LOOK_BACK),
    )


def text_features(texts: Sequence[ReadableText], asked: stance.Rows) -> Floats:
    tones = [
        tone_probabilities(shipped_tone(one.sentiment))
        if one.sentiment and one.sentiment.confidence
        else UNKNOWN_TONE
        for one in texts
    ]
    read = ReadTexts(
        [one.redacted for one in texts],
        [unpack_vectors(one.passages) for one in texts],
        np.array(tones, np.float64),
    )
    return stance.stance_features(read, asked)


def guess_rows(
    heads: Sequence[LogisticRegression], texts: Sequence[ReadableText], asked: stance.Rows
) -> list[demands.StanceRow]:
    found = stance.guess_by_fold(heads, text_features(texts, asked), folds_of(texts))
    return [
        (one.text, STANCES[place], sureness)
        for one, place, sureness in zip(
            texts, found.stance.tolist(), found.sureness.tolist(), strict=True
        )
    ]
