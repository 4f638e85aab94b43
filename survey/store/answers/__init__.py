"""SQL for stored answers: the one door by which they are found, counted, exported and erased.

No other module of the store names their tables, but for those that tests/house/test_answers.py
lists with a reason. What somebody wrote is a text of an answer or of a complaint: statements on
texts find where one came from by the words below.
"""

# Of a text `t` the answer `r` or the complaint `c` that it belongs to; all of the other is NULL.
ORIGIN_SQL = """LEFT JOIN responses r ON r.id = t.response
          LEFT JOIN complaints c ON c.id = t.complaint"""
RECEIVED_SQL = "coalesce(r.received_at, c.received_at)"
STREAM_SQL = "coalesce(r.mode, 'complaints')"
