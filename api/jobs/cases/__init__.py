"""Jobs on cases: how many there are, answers that the force owes, and words that are sealed."""
