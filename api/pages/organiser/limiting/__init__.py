"""The organiser's pages of a survey's limits: days, numbers, one answer each, codes and letters."""
