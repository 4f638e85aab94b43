"""Links from a section to the rows it is based on; for the working group only."""

from api.editions.report import DrillDownLink
from survey.editions.edition import Edition


def drill_down_links(edition: Edition, *kinds: str) -> tuple[DrillDownLink, ...]:
    """The links to rows of these kinds; rows of answers are sums of many people."""
    first, last = edition.rates_from or edition.start, edition.end
    asked = edition.index_from or edition.start
    known = edition.data_as_of
    every = {
        "answers": DrillDownLink(f"/work/answers?start={asked}&end={last}", "the sums of answers"),
        "deployments": DrillDownLink(
            f"/work/deployments?start={first}&end={last}&as_of={known}", "the counts of deployments"
        ),
        "complaints": DrillDownLink("/work/complaints", "the complaints"),
        "themes": DrillDownLink(
            f"/work/editions/{edition.kind}/{edition.start}/themes", "the texts"
        ),
        "files": DrillDownLink("/work/files", "the files"),
    }
    return tuple(every[kind] for kind in kinds)
