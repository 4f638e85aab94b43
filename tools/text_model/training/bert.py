"""A BERT encoder in plain torch; two branches share its lower layers."""

# mypy: disable-error-code="import-not-found, misc, no-any-return"

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH, HEADS, INNER, WORDS, PLACES = 384, 12, 1536, 30_522, 512
LAYERS, SHARED = 6, 4
EPSILON = 1e-12


class EncoderLayer(nn.Module):
    """Self-attention and two dense layers, (n, length, 384) to the same (Devlin et al. 2019)."""

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
    found = {
        f"{our}.{part}": weights[f"{theirs}{their}.{part}"]
        for our, their in ours.items()
        for part in ("weight", "bias")
    }
    for part in ("weight", "bias"):
        three = [weights[f"{theirs}attention.self.{w}.{part}"] for w in ("query", "key", "value")]
        found[f"attend.{part}"] = torch.cat(three)
    return found


def load_weights(weights: dict[str, Tensor]) -> tuple[LowerLayers, UpperLayers, ToneHead]:
    """The published weights in our modules; the tone starts as a copy of the upper layers."""
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
