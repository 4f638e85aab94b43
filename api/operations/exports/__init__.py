"""The answers to a survey, taken away as files of many formats and as a feed."""
