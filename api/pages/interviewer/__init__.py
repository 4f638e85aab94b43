"""The page of an interviewer: sample points to go to, and what came of each visit."""
