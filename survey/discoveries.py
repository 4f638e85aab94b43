"""Discoveries: the candidate themes that a machine found in the texts of one day, at every cut."""

import msgspec

from survey.codebooks import CandidateTheme


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """`cuts` lists for each number of themes the places of its candidates, largest first.

    `texts` is how many were read, `reader` the model that read them, `proposed` the cut that the
    method prefers. The quotes of a candidate are the ids of the texts they come from.
    """

    texts: int
    reader: str
    proposed: int = 0
    candidates: tuple[CandidateTheme, ...] = ()
    cuts: dict[int, tuple[int, ...]] = {}

    def nearest(self, themes: int) -> int:
        """The cut that comes nearest to a number of themes; 0 where nothing was found."""
        return min(self.cuts, key=lambda cut: (abs(cut - themes), cut), default=0)

    def at(self, cut: int) -> list[tuple[int, CandidateTheme]]:
        """Place and candidate of each theme at a cut."""
        return [(place, self.candidates[place]) for place in self.cuts.get(cut, ())]
