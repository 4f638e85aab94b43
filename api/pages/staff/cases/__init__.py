"""Cases: the inbox, the page of each, its words, history and moves, and figures on all."""
