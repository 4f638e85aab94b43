-- The marks by which a request is known again were bare digests of everything that was sent. Whoever
-- had the database could try out telephone numbers and access codes against them. They are now made
-- with a key that is not in the database, without contact and code, and the old ones go.
UPDATE responses SET request_key = NULL, request_body = NULL WHERE request_key IS NOT NULL;
UPDATE complaints SET request_key = NULL, request_body = NULL WHERE request_key IS NOT NULL;
