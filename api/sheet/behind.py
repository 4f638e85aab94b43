"""Where the rows under a part stand, for the working group; a public page does not name them."""

from api.sheet.nouns import Behind
from survey.editions import Edition


def behind(edition: Edition, *kinds: str) -> tuple[Behind, ...]:
    """The addresses of the rows of these kinds; of answers these are sums of many people."""
    first, last = edition.rates_from or edition.start, edition.end
    asked = edition.index_from or edition.start
    known = edition.data_as_of
    every = {
        "answers": Behind(f"/work/answers?start={asked}&end={last}", "the sums of answers"),
        "deployments": Behind(
            f"/work/deployments?start={first}&end={last}&as_of={known}", "the counts of deployments"
        ),
        "complaints": Behind("/work/complaints", "the complaints"),
        "themes": Behind(f"/work/editions/{edition.kind}/{edition.start}/themes", "the texts"),
        "files": Behind("/work/files", "the files"),
    }
    return tuple(every[kind] for kind in kinds)
