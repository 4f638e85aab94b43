"""People who were drawn for a survey: their codes, reminders, sample points and visits."""
