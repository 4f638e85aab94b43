"""Names of the cookies that more than one room knows."""

DRAFT = "soundings_draft"
COMPLAINTS = "/complaints"  # the path of a complaint's draft
