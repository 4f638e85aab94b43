"""Pages of scrutiny panels: set up a panel, hold a meeting, mark records alone and together.

Reviewers set up panels and meetings. Records are seen by the members who take part, and nobody
else: `panels.py` says who somebody is to a panel, and the store whether a record is open to them.
"""
