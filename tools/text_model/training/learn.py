"""Tunes the upper layers and the head of the tone on cached rows of the shared layers."""

# ruff: noqa: S311, T201 - seeded so that a build can be repeated; it prints its losses

# mypy: disable-error-code="import-not-found, misc, no-untyped-call, untyped-decorator"

import random
from collections.abc import Iterator
from typing import NamedTuple

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from tools.text_model.training.bert import LowerLayers, ToneHead, attention_mask
from tools.text_model.training.grammar import SentencePair
from tools.text_model.training.snippets import JudgedSentence

SEED = 20_261_125
EPOCHS, POLISH = 2, 1
BATCH = 32
RATE, POLISH_RATE = 1.2e-4, 4e-5
WARMUP = 0.06
LONGEST = 40
CONSISTENCY = 5.0
"""What a squared difference of p+ - p- between the two sentences of a pair costs."""


class TrainingData(NamedTuple):
    """Rows of each sentence (length, 384), soft labels (n, 3); units of one or of a pair."""

    rows: list[Tensor]
    tone: Tensor
    units: list[tuple[int, ...]]


def training_data(
    lower: LowerLayers, tokens: Tokenizer, judged: list[JudgedSentence], pairs: list[SentencePair]
) -> TrainingData:
    one_hot = torch.eye(3)
    texts = [text for text, _ in judged]
    tones = [torch.tensor(tone) for _, tone in judged]
    units: list[tuple[int, ...]] = [(row,) for row in range(len(judged))]
    for first, second, label in pairs:
        # Two equal sentences count as one: as a pair they would only thin the penalty.
        units.append((len(texts), len(texts) + 1) if first != second else (len(texts),))
        for text in dict.fromkeys((first, second)):
            texts.append(text)
            tones.append(one_hot[label])
    return TrainingData(lower_rows(lower, tokens, texts), torch.stack(tones), units)


def half_precision() -> torch.autocast:
    """bfloat16 products: twice as fast, and nearer to exact than the int8 that is shipped."""
    return torch.autocast("cpu", torch.bfloat16)


@torch.no_grad()
def lower_rows(lower: LowerLayers, tokens: Tokenizer, texts: list[str]) -> list[Tensor]:
    ids = [torch.tensor(tokens.encode(text).ids[:LONGEST]) for text in texts]
    # Sentences of like length together, so that little padding is read.
    order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
    found: dict[int, Tensor] = {}
    for start in range(0, len(order), 64):
        batch = order[start : start + 64]
        padded, present = pad([ids[row] for row in batch])
        with half_precision():
            rows = lower(padded, attention_mask(present))
        for row, of_one in zip(batch, rows, strict=True):
            # Half precision, because the rows of all sentences stay in memory.
            found[row] = of_one[: len(ids[row])].half().clone()
        if start % 6_400 == 0:
            print(f"{start} of {len(order)} sentences read", flush=True)
    return [found[row] for row in range(len(ids))]


def pad(parts: list[Tensor]) -> tuple[Tensor, Tensor]:
    padded = torch.nn.utils.rnn.pad_sequence(parts, batch_first=True)
    lengths = torch.tensor([len(part) for part in parts])
    present = (torch.arange(padded.shape[1]) < lengths[:, None]).float()
    return padded, present


def batches(data: TrainingData, chance: random.Random) -> Iterator[list[tuple[int, ...]]]:
    """Units of similar length together, so there is little padding; batches in random order."""
    units = data.units[:]
    chance.shuffle(units)
    made = []
    for start in range(0, len(units), 50 * BATCH):
        chunk = sorted(units[start : start + 50 * BATCH], key=lambda u: len(data.rows[u[0]]))
        made += [chunk[at : at + BATCH] for at in range(0, len(chunk), BATCH)]
    chance.shuffle(made)
    yield from made


def batch_loss(
    tone: ToneHead, data: TrainingData, units: list[tuple[int, ...]], weights: Tensor
) -> Tensor:
    """Cross-entropy with soft labels, plus a penalty for a difference within a pair."""
    flat = [row for unit in units for row in unit]
    rows, present = pad([data.rows[row].float() for row in flat])
    with half_precision():
        logits = tone(rows, attention_mask(present), present)
    logits = logits.float()
    loss = functional.cross_entropy(logits, data.tone[flat], weight=weights, label_smoothing=0.03)
    score = logits.softmax(-1) @ torch.tensor([-1.0, 0.0, 1.0])
    at = {row: place for place, row in enumerate(flat)}
    twos = [unit for unit in units if len(unit) == 2]
    if not twos:
        return loss
    first, second = (score[[at[unit[side]] for unit in twos]] for side in (0, 1))
    return loss + CONSISTENCY * ((first - second) ** 2).sum() / len(flat)


def tune_tone(tone: ToneHead, data: TrainingData, epochs: int = EPOCHS, top: float = RATE) -> None:
    """AdamW, a linear warm-up and decay (Loshchilov and Hutter 2019); prints its mean loss."""
    torch.manual_seed(SEED)
    chance = random.Random(SEED)
    weights = (data.tone.sum(0).mean() / data.tone.sum(0)).sqrt()
    # A generator of its own, so that counting uses up no draw of the training.
    steps = epochs * sum(1 for _ in batches(data, random.Random(0)))
    adam = torch.optim.AdamW(tone.parameters(), top, weight_decay=0.01)

    def rate(step: int) -> float:
        return min((step + 1) / (WARMUP * steps), (steps - step) / (steps * (1 - WARMUP)))

    schedule = torch.optim.lr_scheduler.LambdaLR(adam, rate)
    for epoch in range(epochs):
        tone.train()
        losses: list[float] = []
        for units in batches(data, chance):
            adam.zero_grad()
            loss = batch_loss(tone, data, units, weights)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(tone.parameters(), 1.0)
            adam.step()
            schedule.step()
            losses.append(loss.item())
            if len(losses) % 200 == 0:
                mean = sum(losses[-200:]) / 200
                print(f"epoch {epoch + 1} step {len(losses)} loss {mean:.4f}", flush=True)
    tone.eval()
