"""SQL for stored answers: the one door by which they are found, counted, exported and erased."""
