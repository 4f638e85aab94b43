"""How large a campaign is: small enough for a build, or larger by hand."""

import logging
import os
import random

ROUNDS = int(os.environ.get("CAMPAIGN_ROUNDS", "1"))
CLIENTS = int(os.environ.get("CAMPAIGN_CLIENTS", "16"))
SEED = int(os.environ.get("CAMPAIGN_SEED", "2007"))
# How long to wait for whatever has to happen by itself; generous, for a busy machine.
DEADLINE_S = float(os.environ.get("CAMPAIGN_DEADLINE_S", "900"))

log = logging.getLogger("campaign")


def random_stream(name):
    """A random generator for this campaign alone, the same in each run."""
    return random.Random(f"{SEED} {name}")
