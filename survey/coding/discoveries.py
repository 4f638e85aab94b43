"""Discoveries: candidate themes that the machine found in the texts of one day, at every cut."""

import msgspec

from survey.coding.codebooks import CandidateTheme


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """The candidate themes of one run, at each possible number of themes (a cut).

    `cuts` lists for each number of themes the positions of its candidates, largest first. `texts`
    is how many were read, `reader` the model that read them, `proposed` the cut that the method
    prefers. The quotes of a candidate are the ids of the texts they come from.
    """

    texts: int
    reader: str
    proposed: int = 0
    candidates: tuple[CandidateTheme, ...] = ()
    cuts: dict[int, tuple[int, ...]] = {}

    def nearest(self, themes: int) -> int:
        """The cut with the number of themes nearest to this one; 0 if nothing was found."""
        return min(self.cuts, key=lambda cut: (abs(cut - themes), cut), default=0)

    def at(self, cut: int) -> list[tuple[int, CandidateTheme]]:
        """The candidates at a cut, each with its position."""
        return [(place, self.candidates[place]) for place in self.cuts.get(cut, ())]
