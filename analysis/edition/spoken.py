"""What people wrote of: themes stream by stream, put right where people coded enough."""

import datetime

import msgspec
import numpy as np

from analysis import accuracy, voices
from analysis.material import Material
from analysis.statistics import shares
from analysis.statistics.streams import Design, Feedback, Sample
from analysis.statistics.variance import Flags
from survey.reports import ThemeShare


def themes(
    material: Material, inside: Flags, start: datetime.date, *, boroughs: bool = True
) -> tuple[ThemeShare, ...]:
    """Themes by stream for the city, then for the boroughs; the streams are never put together.

    `inside` the texts of the window that begins on the day `start`.
    """
    texts = material.texts
    found: list[ThemeShare] = []
    for stream, share in (("sampled", of_residents), ("open", of_texts), ("complaints", of_texts)):
        rows = inside & (texts.stream == stream)
        found += put_right(material, rows, start, share(material, rows, material.city, stream))
        for i, code in enumerate(material.codes if boroughs else ()):
            found += share(material, rows & (texts.area == i), code, stream)
    return tuple(found)


def put_right(
    material: Material, rows: Flags, start: datetime.date, found: list[ThemeShare]
) -> list[ThemeShare]:
    """The city's shares of a stream, corrected where people coded enough of its texts."""
    if material.labelled is None or not rows.any():
        return found
    sample = of_rows(material, rows) if found[0].stream == "sampled" else None
    return accuracy.put_right(
        found,
        accuracy.machines(material.texts.spoken[rows], sample),
        material.labelled,
        accuracy.Window(start=start, end=material.end),
    )


def of_rows(material: Material, rows: Flags) -> Sample:
    texts = material.texts
    design = Design(weight=texts.weight[rows], stratum=texts.stratum[rows], psu=texts.psu[rows])
    return Sample(modes=np.full(int(rows.sum()), "sampled"), design=design)


def of_residents(material: Material, rows: Flags, domain: str, _: str) -> list[ThemeShare]:
    """Shares of residents drawn by chance who wrote, with design-based limits."""
    return shares.sampled_themes(
        material.texts.spoken[rows],
        material.texts.polarity[rows],
        names=material.themes,
        sample=of_rows(material, rows),
        domain=domain,
    )


def of_texts(material: Material, rows: Flags, domain: str, stream: str) -> list[ThemeShare]:
    """What those who chose to write spoke of: counts of texts, and no interval for anybody."""
    found = shares.open_themes(
        material.texts.spoken[rows],
        material.texts.polarity[rows],
        names=material.themes,
        feedback=Feedback(modes=np.full(int(rows.sum()), "open")),
        domain=domain,
        described=True,
        voice=voices.weights(material, rows),
    )
    return [msgspec.structs.replace(one, stream=stream) for one in found]
