"""Evaluates the expressions of instruments on the server, for every page, API and import alike."""

from survey.formats.expressions.logic import (
    BROKEN,
    default_answers,
    evaluator_for,
    faults_of_expressions,
    has_any_expression,
    needs_evaluation,
    unreadable_expressions,
)

__all__ = [
    "BROKEN",
    "default_answers",
    "evaluator_for",
    "faults_of_expressions",
    "has_any_expression",
    "needs_evaluation",
    "unreadable_expressions",
]
