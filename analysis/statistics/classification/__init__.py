"""How well people and the machine agree on texts, and shares corrected for it."""
