"""The survey builder: questions, conditions, the question bank, imports, a try-out."""
