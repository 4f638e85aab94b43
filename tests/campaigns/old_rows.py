"""Rows for every table, as they were when the schema file that makes the table was the newest.

Applied file by file, they make a database that has lived through every version before the
baseline. These rows never change, as those files do not.
"""

AREA = "E09000012"
ID = "00000000-0000-0000-0000-0000000000{:02d}".format
AMINA, CINDY = ID(1), ID(2)
RESPONSE, SAMPLED, COMPLAINT = ID(11), ID(12), ID(13)
WORDS, NARRATIVE = ID(21), ID(22)
EDITION = "'weekly', '2007-12-10', 1"

ROWS = {
    "0001": f"""
        INSERT INTO cities (name, attribution) VALUES ('London', '{{as published}}');
        INSERT INTO areas VALUES ('{AREA}', 1, '{{"name": "Hackney"}}'), ('E09000003', 2, '{{}}');
        INSERT INTO districts VALUES ('E8', '{{{AREA}}}');
        INSERT INTO populations VALUES
            ('{AREA}', 2007, 'total', 'all', 280000, 'census', '2003-02-13');
    """,
    "0002": f"""
        INSERT INTO accounts (id, email, name, role) VALUES
            ('{AMINA}', 'amina@example.org', 'Amina Yusuf', 'organiser'),
            ('{CINDY}', 'cindy@example.org', 'Cindy Marsh', 'reviewer');
        INSERT INTO sessions VALUES ('s', '{AMINA}', '2099-01-01');
        INSERT INTO sign_in_links VALUES ('l', '{CINDY}', '2099-01-01');
        INSERT INTO audit (account, act, subject) VALUES ('{AMINA}', 'signed in', 'Amina');
    """,
    "0003": """
        INSERT INTO instruments (slug, version, mode, kind, definition) VALUES
            ('feedback', 1, 'open', 'feedback', '{"slug": "feedback"}'),
            ('feedback', 2, 'open', 'feedback', '{"slug": "feedback"}'),
            ('taser-trial', 1, 'sampled', 'survey', '{"slug": "taser-trial"}'),
            ('complaint', 1, 'open', 'complaint', '{"slug": "complaint"}');
        INSERT INTO invitations (code_digest, instrument, version, stratum, psu, probability)
            VALUES ('c', 'taser-trial', 1, 's', 'u', 0.01);
        INSERT INTO drafts VALUES ('d', '{"borough": "Hackney"}', '2099-01-01');
    """,
    "0004": f"""
        INSERT INTO responses (id, reference, instrument, version, mode, area, language, answers,
                               stratum, psu, probability, received_at, request_key, request_body)
        VALUES ('{RESPONSE}', 'AAAA-2222', 'feedback', 1, 'open', '{AREA}', 'en',
                '{{"subject": "taser"}}', NULL, NULL, NULL, '2007-12-10 10:00', 'k', 'b'),
               ('{SAMPLED}', 'BBBB-2222', 'taser-trial', 1, 'sampled', '{AREA}', 'en',
                '{{"listens": 4}}', 's', 'u', 0.01, '2007-12-10 11:00', NULL, NULL);
    """,
    "0005": f"""
        INSERT INTO complaints (id, reference, instrument, version, area, language, happened_on,
                                answers, received_at, request_key, request_body)
        VALUES ('{COMPLAINT}', 'CCCC-2222', 'complaint', 1, '{AREA}', 'en', '2007-12-09',
                '{{"concerning": "self"}}', '2007-12-10 12:00', 'kc', 'bc');
        INSERT INTO allegations VALUES ('{COMPLAINT}', 'use_of_force_taser');
        INSERT INTO case_events (complaint, version, event, account)
        VALUES ('{COMPLAINT}', 1, '{{"kind": "received"}}', NULL),
               ('{COMPLAINT}', 2, '{{"kind": "acknowledged"}}', '{CINDY}');
    """,
    "0006": f"""
        INSERT INTO codebooks (version, definition) VALUES (1, '{{"themes": []}}');
        INSERT INTO texts (id, response, complaint, item, body, language, due)
        VALUES ('{WORDS}', '{RESPONSE}', NULL, 'story', 'They explained it.', 'en', false),
               ('{NARRATIVE}', NULL, '{COMPLAINT}', 'narrative', 'A Taser was aimed.', 'en', true);
        INSERT INTO codings (text, coder, coder_version, codebook, language, redacted, spans,
                             themes)
        VALUES ('{WORDS}', 'machine', '1', 1, 'en', 'They explained it.', '[]', '[]'),
               ('{NARRATIVE}', 'machine', '1', 1, 'en', 'A Taser was aimed.', '[]', '[]');
    """,
    "0007": f"""
        INSERT INTO imports (source, file, sha256, known_on, notes)
            VALUES ('Force A', 'a.csv', 'hash', '2007-12-20', '{{}}');
        INSERT INTO deployment_counts
            VALUES (1, 'Force A', '{AREA}', '2007-12-10', '2007-12-16', 'incidents', 'drawn',
                    'ethnicity:black', 6);
        INSERT INTO perceptions VALUES (1, '{AREA}', '2007-12-31', 'trust', 0.6, 400, 12);
    """,
    "0008": f"""
        INSERT INTO editions (kind, start_on, number, end_on, body, sha256)
            VALUES ({EDITION}, '2007-12-16', 'as read', 'hash');
        INSERT INTO calendar (key) VALUES ('weekly_edition 2007-12-10');
    """,
    "0009": """
        INSERT INTO pgqueuer (priority, status, entrypoint) VALUES (0, 'queued', 'code_texts');
        INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint)
            VALUES (7, 'successful', 0, 'retention');
    """,
    "0011": f"INSERT INTO passages VALUES ('{WORDS}', '1', '[]', '');",
    "0012": f"""
        INSERT INTO codebook_draft (definition, edited_by) VALUES ('{{}}', '{CINDY}');
        INSERT INTO proposals (codebook, key, definition) VALUES (1, 'noise', '{{}}');
        INSERT INTO recodings VALUES (1, 'a', 'b', 3);
    """,
    "0013": f"""
        INSERT INTO double_coding_samples (quarter, seed, codebook, texts)
            VALUES ('2007-10-01', 7, 1, 1);
        INSERT INTO double_coding_texts VALUES ('{WORDS}', '2007-10-01', 'open', 0.5);
        INSERT INTO labels (text, account, seat, label) VALUES ('{WORDS}', '{CINDY}', 1, '{{}}');
        INSERT INTO resolutions (text, account, label, note)
            VALUES ('{WORDS}', '{AMINA}', '{{}}', 'agreed');
        INSERT INTO recalibrations (version, definition) VALUES (1, '{{}}');
    """,
    "0014": f"""
        INSERT INTO quotes (text, theme, received_on, start_at, end_at, sha256, redaction,
                            proposed_by)
            VALUES ('{WORDS}', 'fairness', '2007-12-10', 0, 4, 'hash', '1', '{AMINA}');
        INSERT INTO quote_uses VALUES (1, {EDITION});
    """,
    "0015": f"""
        INSERT INTO campaigns (id, central) VALUES ('{ID(31)}', '{WORDS}');
        INSERT INTO campaign_members VALUES ('{WORDS}', '{ID(31)}');
    """,
    "0016": "INSERT INTO discoveries (discovery) VALUES ('{}');",
    "0018": f"""
        INSERT INTO deployment_counts
            VALUES (1, 'Force A', '{AREA}', '2007-12-10', '2007-12-16', 'searches', 'all',
                    'all', 9);
        INSERT INTO told_figures
            VALUES (1, 'Force A', '2007-12-10', '2007-12-16', 'searches', 'all');
    """,
    "0019": f"""
        INSERT INTO answer_sums VALUES ('feedback', 1, 'open', '{AREA}', '2007-12-10', '', '', 1,
                                        '{{16-24,male}}', 2, '{{2,3}}');
        INSERT INTO index_weeks VALUES ('2007-12-03', 'answers', '{{}}');
    """,
    "0020": f"""
        INSERT INTO edition_inputs
            VALUES ({EDITION}, '2007-12-10', '2007-12-16', 'hash', 'rows', NULL);
    """,
    "0021": f"""
        INSERT INTO edition_comments (kind, start_on, number, words, by)
            VALUES ({EDITION}, 'Ask Hackney.', '{CINDY}');
        INSERT INTO actions (kind, start_on, number, what) VALUES ({EDITION}, 'Meet the school');
        INSERT INTO action_changes (action, version, owner, due_on, status, by)
            VALUES (1, 1, 'Cindy', '2008-01-10', 'open', '{CINDY}');
        INSERT INTO subscribers (key, email, asked) VALUES ('k', 'a@example.org', '{{weekly}}');
        INSERT INTO mails (subscriber, kind, start_on, number) VALUES (1, {EDITION});
    """,
    "0022": f"""
        INSERT INTO raised_alerts (id, kind, area, on_day, by)
            VALUES ('{ID(41)}', 'under_18', '{AREA}', '2007-12-10', '{CINDY}');
        INSERT INTO alert_assignments (key, owner, action, by)
            VALUES ('{ID(41)}', 'Cindy', 'Call them', '{CINDY}');
    """,
    "0023": f"""
        INSERT INTO raised_alerts_taken_back (alert, why, by)
            VALUES ('{ID(41)}', 'Another day', '{CINDY}');
    """,
    "0026": f"""
        INSERT INTO instrument_drafts (slug, content, owner) VALUES
            ('next', '{{"instrument": {{"slug": "next", "mode": "open", "kind": "survey"}}}}',
             '{AMINA}');
    """,
    "0027": f"""
        INSERT INTO attachments (mark, instrument, item, media_type, body, expires_at, response)
            VALUES ('{"a" * 26}', 'feedback', 'photo', 'image/png', 'bytes', NULL, '{RESPONSE}');
    """,
    "0028": f"""
        INSERT INTO case_contacts VALUES ('{COMPLAINT}', 'sealed', true);
        INSERT INTO case_messages VALUES ('{COMPLAINT}', 2, 'We have it.', 'en');
        INSERT INTO case_earlier
            VALUES ('{COMPLAINT}', 2, '{AREA}', '{{}}', '{{use_of_force_taser}}', '{{}}');
        INSERT INTO redactions (text, number, spans, redacted, account)
            VALUES ('{NARRATIVE}', 1, '[]', 'A Taser was aimed.', '{CINDY}');
        INSERT INTO case_mails (complaint, version) VALUES ('{COMPLAINT}', 2);
        INSERT INTO saved_views VALUES ('{CINDY}', 'mine', 'status=open');
        INSERT INTO erased_cases (area, received_week, erased_week)
            VALUES ('{AREA}', '2007-12-03', '2007-12-10');
    """,
    "0031b": f"""
        INSERT INTO case_figures (start_on, end_on, figures, by)
            VALUES ('2007-10-01', '2008-01-01', '{{}}', '{CINDY}');
    """,
    "0032": f"INSERT INTO job_starts VALUES (1, '{ID(51)}', 2);",
    "0033": "INSERT INTO erasure_marks VALUES ('salt', 'mark');",
    "0036": "INSERT INTO draft_steps VALUES ('next', 1, 'add', '{}');",
    "0040": "INSERT INTO reply_templates (name, body) VALUES ('Thanks', 'Thank you.');",
}
