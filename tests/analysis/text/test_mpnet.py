"""The second reader of English: its file is made from its wheels, and themes may come from it."""

import contextlib
import io
import zipfile

import msgspec
import numpy as np
import pytest
from scipy.special import erf

from analysis.text import codes
from analysis.text.model import mpnet, mpnet_graph, passages, reading
from analysis.text.model.files import WrongModel
from analysis.themes import codebook

ABSENT = not mpnet.is_installed()
REASON = "The extra mpnet is not installed."
TEXTS = ["They searched my bag at the station. It was unfair.", "", "[name] was kind"]


def test_an_archive_in_parts_is_read_as_one(tmp_path):
    content = np.random.default_rng(1).bytes(5_000)
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("first", content)
        archive.writestr("second", b"two")
    cuts = [whole.getvalue()[at : at + 1_700] for at in range(0, len(whole.getvalue()), 1_700)]
    for number, cut in enumerate(cuts):
        (tmp_path / str(number)).write_bytes(cut)
    with contextlib.ExitStack() as opened:
        files = [opened.enter_context((tmp_path / str(n)).open("rb")) for n in range(len(cuts))]
        joined = io.BufferedReader(mpnet_graph.JoinedFiles(files))
        with zipfile.ZipFile(joined) as archive:
            assert (archive.read("first"), archive.read("second")) == (content, b"two")


def test_other_weights_are_refused():
    with pytest.raises(WrongModel, match="not 78c0197b"):
        mpnet_graph.check_digest("model.safetensors", "0" * 64)


def test_distances_are_exact_when_near_and_logarithmic_when_far():
    """By T5's formula (Raffel et al. 2020), with 32 buckets and 128 as the farthest."""
    found = mpnet_graph.distance_buckets(256)
    assert found[0, :8].tolist() == [0, *range(17, 24)]
    assert found[:8, 0].tolist() == list(range(8))
    assert found[[8, 11, 12, 20, 64, 127, 255], 0].tolist() == [8, 8, 9, 10, 14, 15, 15]
    assert found[0, 255] == 31


def made_up_weights(rng, layers, wide, inner):
    def draw(*shape):
        return rng.normal(0, 0.3, shape).astype(np.float32)

    found = {
        "embeddings.word_embeddings.weight": draw(30, wide),
        "embeddings.position_embeddings.weight": draw(mpnet_graph.LONGEST + 2, wide),
        "encoder.relative_attention_bias.weight": draw(32, mpnet_graph.HEADS),
    }
    sizes = {"attention.attn.q": (wide, wide), "attention.attn.k": (wide, wide)}
    sizes |= {"attention.attn.v": (wide, wide), "attention.attn.o": (wide, wide)}
    sizes |= {"intermediate.dense": (inner, wide), "output.dense": (wide, inner)}
    norms = ["embeddings.LayerNorm"]
    for layer in range(layers):
        name = f"encoder.layer.{layer}"
        for part, shape in sizes.items():
            found |= {f"{name}.{part}.weight": draw(*shape), f"{name}.{part}.bias": draw(shape[0])}
        norms += [f"{name}.attention.LayerNorm", f"{name}.output.LayerNorm"]
    for norm in norms:
        found |= {f"{norm}.weight": 1 + draw(wide), f"{norm}.bias": draw(wide)}
    return found


class ExactMPNet:
    """MPNet as published, in plain arithmetic and without rounding."""

    def __init__(self, w):
        self.w = w

    def norm(self, x, name):
        x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + mpnet_graph.EPSILON)
        return x * self.w[f"{name}.weight"] + self.w[f"{name}.bias"]

    def linear(self, x, name):
        return x @ self.w[f"{name}.weight"].T + self.w[f"{name}.bias"]

    def states(self, ids, layers):
        w, size = self.w, len(ids)
        places = w["embeddings.position_embeddings.weight"][mpnet_graph.FIRST_PLACE :][:size]
        distances = w["encoder.relative_attention_bias.weight"][mpnet_graph.distance_buckets(size)]
        x = self.norm(w["embeddings.word_embeddings.weight"][ids] + places, "embeddings.LayerNorm")
        for layer in range(layers):
            name = f"encoder.layer.{layer}"
            q, k, v = (
                self.linear(x, f"{name}.attention.attn.{part}").reshape(size, mpnet_graph.HEADS, -1)
                for part in "qkv"
            )
            scores = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(q.shape[2])
            scores = np.exp(scores + distances.transpose(2, 0, 1))
            shares = scores / scores.sum(2, keepdims=True)
            seen = np.einsum("hqk,khd->qhd", shares, v).reshape(size, -1)
            seen = self.linear(seen, f"{name}.attention.attn.o")
            x = self.norm(x + seen, f"{name}.attention.LayerNorm")
            inner = self.linear(x, f"{name}.intermediate.dense")
            inner = inner * (1 + erf(inner / np.sqrt(2))) / 2
            x = self.norm(
                x + self.linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm"
            )
        return x


def test_the_graph_computes_what_mpnet_is(monkeypatch):
    """Two small layers of made-up weights, against plain arithmetic; eight bits cost a little."""
    monkeypatch.setattr(mpnet_graph, "LAYERS", 2)
    monkeypatch.setattr(mpnet_graph, "HEADS", 4)
    monkeypatch.setattr(mpnet_graph, "WIDE", 32)
    found = made_up_weights(np.random.default_rng(7), 2, 32, 64)
    made = mpnet_graph.make_reader_file(found.items())
    ids = np.array([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 29])
    asked = {"input_ids": ids[None], "places": made.places[None, :12]}
    asked["distances"] = np.ascontiguousarray(made.distances[None, :, :12, :12])
    (states,) = reading.make_session(made.model).run(None, asked)
    expected = ExactMPNet(found).states(ids, 2)
    alike = (states[0] * expected).sum(1)
    alike /= np.linalg.norm(states[0], axis=1) * np.linalg.norm(expected, axis=1)
    assert alike.min() > 0.995
    assert np.median(alike) > 0.999
    (signed,) = reading.make_session(reading.with_fastest_weights(made.model)).run(None, asked)
    assert (signed == states).all()


def test_themes_come_from_the_second_reader_and_nothing_else_does(monkeypatch):
    """Its place is taken by the sentence model, so that codes must come out the same."""
    starting = codebook.STARTING_CODEBOOK
    few = tuple(one for one in starting.themes if one.id in ("stop-and-search", "young-people"))
    coder = codebook.Coder(msgspec.structs.replace(starting, themes=few))
    plain = codes.code_texts(TEXTS, [None, None, None], coder)
    monkeypatch.setattr(codebook, "read_passages_by_mpnet", codebook.read_passages)
    second = codes.ThemeReader(mpnet.READER, lambda texts: reading.read_texts(texts).placed)
    found = codes.code_texts(TEXTS, [None, None, "pl"], coder, theme_reader=second)
    assert [one.theme_passages and one.theme_passages.reader for one in found] == [
        mpnet.READER,
        mpnet.READER,
        None,
    ]
    assert found[0].passages == plain[0].passages
    assert found[0].theme_passages.vectors == plain[0].passages.vectors
    assert found[0].themes == plain[0].themes != ()
    assert found[0].sentiment == plain[0].sentiment
    assert found[0].coder_version == f"{codes.CODER_VERSION}+mpnet"
    assert coder.heads_for(mpnet.READER) is coder.english_by_mpnet
    assert coder.heads_for(mpnet.READER) is not coder.english


@pytest.mark.slow
@pytest.mark.skipif(ABSENT, reason=REASON)
def test_texts_are_read_each_alone():
    together = mpnet.read_passages(TEXTS)
    alone = [mpnet.read_passages([text])[0] for text in TEXTS]
    for one, other in zip(together, alone, strict=True):
        assert one.spans == other.spans
        assert (one.rows == other.rows).all()
    assert [len(one.spans) for one in together] == [3, 0, 1]
    np.testing.assert_allclose((together[0].rows ** 2).sum(axis=1), 1, atol=1e-5)
    packed = passages.pack_passages(mpnet.READER, together[0])
    assert passages.unpack_vectors(packed).shape == (3, mpnet.DIMENSIONS)


@pytest.mark.slow
@pytest.mark.skipif(ABSENT, reason=REASON)
def test_its_vectors_know_what_texts_are_about():
    said = ["They searched my bag at the station.", "I was stopped and searched.", "I bake bread."]
    asked, near, far = (one.rows[0] for one in mpnet.read_passages(said))
    assert asked @ near > asked @ far + 0.4
