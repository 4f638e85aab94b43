"""The data of London as shipped, read once for a whole run."""

from survey.sources import places

CITY, COUNTS, SHAPES = places.read_city(places.LONDON)
