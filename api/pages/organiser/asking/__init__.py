"""The organiser's pages for asking people whom the police met: waves, reminders, response."""
