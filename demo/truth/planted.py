"""What is true of a simulated city, as far as an edition says something about it; as a file."""

import datetime
from collections import Counter
from pathlib import Path

import msgspec

from demo.simulation.simulated_city import SimulatedCity, SimulatedPerson
from survey.coding.codes import Polarity
from survey.coding.demands import Stance

FILE = "planted_truth.json"


class WrittenText(msgspec.Struct, frozen=True, array_like=True):
    """A text, and what its writer meant; `letter` if it is a copy of the campaign's letter.

    `stance` is towards what that letter asks for.
    """

    stream: str
    day: datetime.date
    themes: tuple[str, ...]
    tone: Polarity
    language: str
    letter: bool
    stance: Stance = "none"


class PlantedTruth(msgspec.Struct, frozen=True, kw_only=True):
    """The true values of a simulated city; boroughs are in the order of `areas`.

    `levels` is the mean index of each borough in each week from the Monday `first`, before answers
    are rounded to five points; `weekly_mean` how many deployments a week each borough has on
    average; `incidents` how many there were on each day.
    """

    first: datetime.date
    areas: tuple[str, ...]
    adults: tuple[float, ...]
    residents: tuple[float, ...]
    levels: tuple[tuple[float, ...], ...]
    weekly_mean: tuple[float, ...]
    incidents: tuple[int, ...]
    texts: tuple[WrittenText, ...]


def planted_truth(world: SimulatedCity) -> PlantedTruth:
    """The true values of a city, taken from its simulation."""
    days = {one.incident: (one.day - world.first).days for one in world.deployments}
    incidents = Counter(days.values())
    streams = (
        ("sampled", world.sampled),
        ("open", world.volunteers),
        ("complaints", world.complainants),
    )
    return PlantedTruth(
        first=world.first,
        areas=tuple(world.codes),
        adults=tuple(map(float, world.adults)),
        residents=tuple(map(float, world.residents)),
        levels=tuple(tuple(row) for row in world.truth.round(4).tolist()),
        weekly_mean=tuple(world.weekly_mean.tolist()),
        incidents=tuple(incidents[day] for day in range(7 * world.truth.shape[1])),
        texts=tuple(
            written_text(stream, one) for stream, of in streams for one in of if one.written.text
        ),
    )


def written_text(stream: str, one: SimulatedPerson) -> WrittenText:
    said = one.written
    return WrittenText(
        stream, one.moment.date(), said.themes, said.tone, said.language, said.letter, said.stance
    )


def save_truth(folder: Path, planted: PlantedTruth) -> None:
    folder.mkdir(parents=True, exist_ok=True)  # with a database elsewhere nothing else makes it
    (folder / FILE).write_bytes(msgspec.json.encode(planted))


def has_truth(folder: Path) -> bool:
    return (folder / FILE).is_file()


def load_truth(folder: Path) -> PlantedTruth | None:
    """The true values of the demonstration in this folder; None if they were not saved there."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=PlantedTruth)
    # A demonstration on real files has none, and an older one may have them in another shape.
    except (FileNotFoundError, msgspec.DecodeError):
        return None
