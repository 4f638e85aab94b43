"""London as it is shipped: read once for a whole run."""

from survey.sources import places

CITY, COUNTS, SHAPES = places.read(places.LONDON)
