-- Replies to start from, until an installation has its own. They are added once: one that is
-- deleted does not come back. What stands in square brackets is filled in before it is sent.
INSERT INTO reply_templates (name, body)
SELECT name, body FROM (VALUES
    ('Acknowledgement',
     'Thank you for telling us about this. We have read your complaint and we are looking into it. '
     'You will hear from us by [day]. You can read what happens in your case here, add to what you '
     'told us, and send files.'),
    ('More time needed',
     'We are sorry: we need more time to look into your complaint. We told you that you would hear '
     'from us by [day]. We are still waiting for [what we are waiting for]. You will now hear from '
     'us by [new day].'),
    ('More information needed',
     'To look into your complaint we need to know more. Please tell us: [question]. If you do not '
     'know, say so: we can still look into it.'),
    ('Outcome explained',
     'We have looked into your complaint. You told us that [complaint in one sentence]. We read '
     '[what we looked at]. We found that [what we found], because [reason]. [What happens now]. '
     'If you disagree, open your case and ask us to look again.'),
    ('Not for us: where to go',
     'Thank you for writing to us. We cannot look into this, because [reason]. The right place is '
     '[name of the organisation]: [how to reach it]. If there is something about your police that we '
     'can look into, tell us here.')
) AS shipped (name, body)
WHERE NOT EXISTS (SELECT FROM reply_templates);
