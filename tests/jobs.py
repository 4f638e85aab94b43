"""Runs the jobs that wait, one after the other, as the worker would."""

import uuid

from api.jobs import worker


async def run_all_jobs(database):
    """Run jobs until none is waiting; returns how many."""
    number, done = uuid.uuid4(), 0
    while await worker.run_next_job(database, number):
        done += 1
    return done
