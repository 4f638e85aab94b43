"""How many residents of each kind the areas of the installation have, as known for a year."""

from survey.deployments import margins
from survey.deployments.margins import Population
from survey.store import places
from survey.store.database import Connection


async def load_population(connection: Connection, year: int) -> list[Population]:
    """Residents of every area, in total, by age and sex, and by ethnic group."""
    return [
        one
        for dimension in ("total", "age_sex", "ethnicity")
        for one in margins.populations_in_year(
            await places.load_populations(connection, dimension), year
        )
    ]
