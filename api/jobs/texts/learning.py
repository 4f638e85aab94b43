"""Learns a tone head from the texts that two people coded; a person decides whether to use it."""

from collections.abc import Sequence

import numpy as np

from analysis.text.model import reading
from analysis.text.tone import LABELS, TaughtTones, evidence_of
from analysis.themes.tone_heads import JudgedTones, fit_tone_head, label_curves
from api.jobs.texts import coding, rereading
from api.jobs.texts.rereading import find_head, tones_of, usable_texts
from api.process.threads import run_in_thread
from survey.coding.double_coding import PURPOSES
from survey.coding.tone_heads import FEWEST_TONES, HeadCheck, LabelCurve, ToneHead
from survey.store.coding import codebooks, double_coding, recodings, tone_heads
from survey.store.coding.double_coding import TwiceCodedText
from survey.store.coding.tone_heads import TextToReread
from survey.store.database import Connection

Learned = tuple[ToneHead, HeadCheck, tuple[LabelCurve, ...]]


async def learn_tone(connection: Connection, _: str) -> None:
    """Learn a head, unless nothing was coded since the last one."""
    await learn_tone_head(connection)


async def learn_tone_head(connection: Connection) -> int | None:
    """The number of a new head; None with fewer than 100 labels or 10 of a tone, or none new.

    What people settled before today's coder read it is read again first.
    """
    book = await codebooks.get_newest(connection)
    coded = await double_coding.load_coded_twice(connection, book.version, PURPOSES)
    labels = {one.text: one for one in coded if one.counts and one.counts.tone}
    usable = await load_usable(connection, list(labels))
    newest = await tone_heads.find_newest(connection)
    # A head of an older model reads nothing, so it is learned again from the same labels.
    is_known = newest and (newest.labels, newest.reader) == (len(usable), reading.VERSION)
    if len(usable) < FEWEST_TONES or is_known:
        return None
    force = await find_head(connection, await tone_heads.find_reading(connection))
    found = await run_in_thread(
        learned_head, [labels[str(one.id)] for one in usable], usable, force
    )
    return await tone_heads.insert(connection, *found) if found else None


async def load_usable(connection: Connection, texts: list[str]) -> list[TextToReread]:
    """These texts as a head reads them, after coding those again that it cannot read."""
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
    """The labels as a head learns from them. Texts picked to teach weigh what others do in the
    mean, and judge nothing.
    """
    drawn = np.array([one.purpose == "estimate" for one in labels], dtype=np.bool_)
    weight = np.array([one.weight for one in labels], dtype=np.float64)
    weight[~drawn] = weight[drawn].mean() if drawn.any() else 1.0
    places = [LABELS.index(one.counts.tone) for one in labels if one.counts and one.counts.tone]
    in_force = [LABELS.index(one.label) for one in tones_of(force, texts)]
    return JudgedTones(
        taught=TaughtTones(
            evidence=evidence_of(
                [one.sentiment for one in texts], [one.passages for one in texts if one.passages]
            ),
            tone=np.array(places, dtype=np.int64),
            weight=weight,
            fold=np.array([one.fold for one in texts], dtype=np.int64),
        ),
        stream=np.array([one.stream for one in texts], dtype=np.str_),
        # With the quarter: each quarter was drawn by itself, so its strata are its own.
        stratum=np.array([f"{one.quarter} {one.stratum}" for one in labels], dtype=np.str_),
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
    await rereading.switch_tone_head(connection, number, after=before.version, by=by)
    await rereading.reread_all(connection)
    return True
