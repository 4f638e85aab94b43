"""What people wrote about: themes stream by stream, corrected where people coded enough."""

import datetime

import msgspec
import numpy as np

from analysis.coding import accuracy
from analysis.editions.chapters import voices
from analysis.editions.inputs import EditionInputs
from analysis.statistics import shares
from analysis.statistics.streams import Design, Feedback, Sample
from analysis.statistics.variance import Flags
from survey.editions.figures import ThemeShare


def theme_shares(
    material: EditionInputs, inside: Flags, start: datetime.date, *, boroughs: bool = True
) -> tuple[ThemeShare, ...]:
    """Themes by stream for the city, then for the boroughs; streams are never combined.

    `inside` marks the texts of the window that begins on the day `start`.
    """
    texts = material.texts
    found: list[ThemeShare] = []
    for stream, share in (
        ("sampled", shares_of_residents),
        ("open", shares_of_texts),
        ("complaints", shares_of_texts),
    ):
        rows = inside & (texts.stream == stream)
        found += corrected_city_shares(
            material, rows, start, share(material, rows, material.city, stream)
        )
        for i, code in enumerate(material.codes if boroughs else ()):
            found += share(material, rows & (texts.area == i), code, stream)
    return tuple(found)


def corrected_city_shares(
    material: EditionInputs, rows: Flags, start: datetime.date, found: list[ThemeShare]
) -> list[ThemeShare]:
    """The city's shares of a stream, corrected where people coded enough of its texts."""
    if material.labelled is None or not rows.any():
        return found
    sample = sample_of_rows(material, rows) if found[0].stream == "sampled" else None
    return accuracy.corrected_shares(
        found,
        accuracy.machine_theme_means(material.texts.spoken[rows], sample),
        material.labelled,
        accuracy.CorrectionWindow(start=start, end=material.end),
    )


def sample_of_rows(material: EditionInputs, rows: Flags) -> Sample:
    texts = material.texts
    design = Design(weight=texts.weight[rows], stratum=texts.stratum[rows], psu=texts.psu[rows])
    return Sample(modes=np.full(int(rows.sum()), "sampled"), design=design)


def shares_of_residents(
    material: EditionInputs, rows: Flags, domain: str, _: str
) -> list[ThemeShare]:
    """Shares of residents drawn by chance who wrote, with design-based limits."""
    return shares.sampled_theme_shares(
        material.texts.spoken[rows],
        material.texts.polarity[rows],
        names=material.themes,
        sample=sample_of_rows(material, rows),
        domain=domain,
    )


def shares_of_texts(
    material: EditionInputs, rows: Flags, domain: str, stream: str
) -> list[ThemeShare]:
    """What those who chose to write mentioned: counts of texts, without an interval."""
    found = shares.open_theme_shares(
        material.texts.spoken[rows],
        material.texts.polarity[rows],
        names=material.themes,
        feedback=Feedback(modes=np.full(int(rows.sum()), "open")),
        domain=domain,
        described=True,
        voice=voices.voice_weights(material, rows),
    )
    return [msgspec.structs.replace(one, stream=stream) for one in found]
