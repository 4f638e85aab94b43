"""Pages for asking people who were drawn: waves and reminders, sample points and interviewers."""
