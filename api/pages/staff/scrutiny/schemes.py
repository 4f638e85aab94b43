"""The fields of a scheme: how a panel chooses one or writes its own, and how members mark by it."""

import re
from typing import Any, get_args

import msgspec

from api.pages.forms import Form, Values
from survey.scrutiny.schemes import (
    LEAST_SCORE,
    MOST_SCORE,
    NO_VIDEO,
    READY_SCHEMES,
    VIDEO,
    VIDEO_UNKNOWN,
    MarkScheme,
    MarkStep,
    ScoreBand,
    ScoreColour,
    StepVerdict,
)

OWN = "own"
SCHEMES = {
    "colours": ("Colours and reasons", "Each member chooses a colour, and reasons from a list"),
    "planter": ("PLANTER", "For the use of force: seven steps, and a score from 1 to 9"),
    "gowisely": ("GOWISELY", "For searches: eight steps, and a score from 1 to 9"),
    OWN: ("Your own", "Steps, and a scale if you have one"),
}
assert {*SCHEMES} == {*READY_SCHEMES, OWN}
LONGEST_NAME, LONGEST_STEP, MOST_STEPS = 60, 100, 12
STEP = re.compile(r"(\w{1,3})\s*:\s*(\S.*)")
SCORES = re.compile(r"(\d{1,2})(?:\s*(?:to|-|–)\s*(\d{1,2}))?")
COLOURS: tuple[ScoreColour, ...] = get_args(ScoreColour)


class SchemeChoice(msgspec.Struct, frozen=True):
    """A ready scheme by its key, or a scheme of the panel's own in the fields below it."""

    def read(self, form: Form, name: str) -> MarkScheme:
        if form[name] == OWN:
            return read_own_scheme(form)
        form.require(form[name] in READY_SCHEMES, name, "Select how members mark")
        return READY_SCHEMES.get(form[name], MarkScheme())

    def fill(self, name: str, value: MarkScheme) -> Values:
        ready = next((key for key, scheme in READY_SCHEMES.items() if scheme == value), None)
        if ready:
            return {name: [ready]}
        return {
            name: [OWN],
            "scheme-name": [value.name],
            "steps": ["\n".join(f"{step.key}: {step.words}" for step in value.steps)],
            **{f"band-{band.colour}": [f"{band.least} to {band.most}"] for band in value.bands},
        }


def read_own_scheme(form: Form) -> MarkScheme:
    """The scheme that a panel wrote itself, with each mistake at its field."""
    wanted = f"Enter a name for your scheme of up to {LONGEST_NAME} characters"
    form.require_length("scheme-name", 1, LONGEST_NAME, wanted)
    lines = [line.strip() for line in form["steps"].splitlines() if line.strip()]
    matches = [STEP.fullmatch(line) for line in lines]
    steps = tuple(MarkStep(match[1], match[2]) for match in matches if match)
    known = {step.key.casefold() for step in steps}
    fit = len(known) == len(lines) <= MOST_STEPS and all(
        len(step.words) <= LONGEST_STEP for step in steps
    )
    form.require(
        fit,
        "steps",
        f"Write each step as a letter, a colon and up to {LONGEST_STEP} characters, such as "
        f"“P: Proportionate”. Use each letter once, and no more than {MOST_STEPS} steps",
    )
    bands = read_own_bands(form)
    empty = not (lines or bands) and not any(form[f"band-{colour}"] for colour in COLOURS)
    form.require(not empty, "steps", "Enter steps, or the scores of each colour")
    return MarkScheme(name=form["scheme-name"], steps=steps, bands=bands)


def read_own_bands(form: Form) -> tuple[ScoreBand, ...]:
    """The scores of each colour; none where all three fields are empty."""
    typed = {colour: form[f"band-{colour}"].strip() for colour in COLOURS}
    if not any(typed.values()):
        return ()
    bands = []
    for colour, text in typed.items():
        match = SCORES.fullmatch(text)
        least, most = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        fit = LEAST_SCORE <= least <= most <= MOST_SCORE
        wanted = (
            f"Enter the scores of {colour}, such as 1 to 3, between {LEAST_SCORE} and {MOST_SCORE}"
        )
        form.require(fit, f"band-{colour}", wanted)
        if fit:
            bands.append(ScoreBand(colour, least, most))
    whole = len(bands) < len(COLOURS) or not MarkScheme(bands=tuple(bands)).has_gaps()
    form.require(whole, "band-green", "Give each score one colour, and leave no score out")
    return tuple(bands)


VERDICT_WORDS: dict[StepVerdict, str] = {
    "met": "Met",
    "not_met": "Not met",
    "unsure": "Cannot tell",
}
VIDEO_WORDS = {
    VIDEO: "Yes",
    **{reason: f"No: {words[0].lower()}{words[1:]}" for reason, words in NO_VIDEO.items()},
    VIDEO_UNKNOWN: "We do not know whether there was any",
}


class StepVerdicts(msgspec.Struct, frozen=True):
    """What is said of each step of a scheme; all of them have to be answered."""

    scheme: MarkScheme

    def read(self, form: Form, name: str) -> dict[str, str]:
        said = {step.key: form[f"{name}-{step.key}"] for step in self.scheme.steps}
        for key, verdict in said.items():
            wanted = f"Select whether “{key}” was met, was not met, or that you cannot tell"
            form.require(verdict in VERDICT_WORDS, f"{name}-{key}", wanted)
        return said

    def fill(self, name: str, value: dict[str, str]) -> dict[str, Any]:
        return {f"{name}-{key}": [verdict] for key, verdict in value.items()}


class Score(msgspec.Struct, frozen=True):
    """A score of a scheme, or `unsure` for a record of which nobody can tell (None)."""

    scheme: MarkScheme

    def read(self, form: Form, name: str) -> int | None:
        scores = [*self.scheme.scores()]
        wanted = f"Give a score from {scores[0]} to {scores[-1]}, or that you cannot tell"
        form.require(form[name] == "unsure" or form.number(name) in scores, name, wanted)
        return form.number(name)

    def fill(self, name: str, value: int | None) -> dict[str, Any]:
        return {name: ["unsure" if value is None else str(value)]}


def score_words(scheme: MarkScheme) -> list[dict[str, str]]:
    """The scores as options of a list, each with its colour."""
    scores = {str(score): f"{score}: {colour}" for score, colour in scheme.scores().items()}
    return [
        {"value": key, "text": text} for key, text in (scores | {"unsure": "Cannot tell"}).items()
    ]
