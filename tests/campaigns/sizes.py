"""How large a campaign is: what a build can afford, and larger by hand."""

import logging
import os
import random

ROUNDS = int(os.environ.get("CAMPAIGN_ROUNDS", "1"))
CLIENTS = int(os.environ.get("CAMPAIGN_CLIENTS", "16"))
SEED = int(os.environ.get("CAMPAIGN_SEED", "2007"))
# For everything that has to happen by itself: generous, for a busy machine.
DEADLINE_S = float(os.environ.get("CAMPAIGN_DEADLINE_S", "900"))

log = logging.getLogger("campaign")


def chance(name):
    """Its own stream of chance for each campaign, the same each time."""
    return random.Random(f"{SEED} {name}")
