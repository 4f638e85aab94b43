"""Rows on speech: words that Whisper base gets wrong, by voice of espeak-ng, where both are here.

Voices of a program are a weak stand-in for people: they say whether some accents are worse, not how
well anybody real is heard.
"""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from analysis import speech
from analysis.speech import SpokenCount, group_error_rates, word_errors
from tests.bench.text.rows import Row

SEED = 20_261_125
VOICES = {
    "en-gb-x-rp": "received pronunciation",
    "en-gb": "Britain",
    "en-gb-scotland": "Scotland",
    "en-gb-x-gbclan": "Lancaster",
    "en-gb-x-gbcwmd": "West Midlands",
    "en-029": "Caribbean",
    "en-us": "America",
}
SPEED = "150"  # words a minute
SAID = (
    "Two officers stopped my son outside the station on his way home from school. They searched"
    " his bag and did not say why. He was shaking when he came through the door.",
    "I called at nine in the evening because somebody was breaking into the flat downstairs."
    " Nobody came until the next morning, and by then they had gone.",
    "The officer who came was kind. She listened to my mother, wrote everything down and rang us"
    " twice that week to ask how she was.",
    "They pointed the taser at my brother although he had both hands in the air. He has epilepsy"
    " and I told them so three times.",
    "I was held for fourteen hours without my medicine. When I asked for a doctor the sergeant"
    " said that I should have thought of that before.",
    "Please do something about the motorbikes on the estate. The children cannot play outside and"
    " nobody answers when we report it.",
)


def speak(voice: str, words: str, folder: Path) -> bytes:
    file = folder / "said.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-s", SPEED, "-w", str(file), words], check=True)
    return file.read_bytes()


def rows():
    if not (shutil.which("espeak-ng") and speech.is_installed()):
        yield Row(
            "speech, by voice", "none", "not run: espeak-ng or the extra is missing", "", True
        )
        return
    counts, seconds = [], 0.0
    speech.load_model()
    before = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        for voice, name in VOICES.items():
            for words in SAID:
                heard = speech.write_down(speak(voice, words, Path(folder)))
                seconds += heard.seconds
                counts.append(SpokenCount(name, *word_errors(words, heard.words)))
    spent = time.process_time() - before
    rates = group_error_rates(counts, SEED)
    for one in rates:
        yield Row(
            f"speech, espeak-ng's voice of {one.group}: words wrong ({one.words} said)",
            "none",
            f"{one.rate:.1%}",
            f"95% {one.low:.1%} to {one.high:.1%}; no real accent was measured",
            True,
        )
    worst, best = max(rates, key=lambda one: one.rate), min(rates, key=lambda one: one.rate)
    yield Row(
        "speech, worst voice less best", "none", f"{worst.rate - best.rate:.1%}",
        f"{worst.group} and {best.group}", True,
    )  # fmt: skip
    yield Row(
        "speech, seconds of sound a second of one core", "2", f"{seconds / spent:.1f}", "",
        seconds / spent >= 2,
    )  # fmt: skip
