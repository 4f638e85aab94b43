-- When a session was last used, to within ten minutes: it ends when it is not used for a while.
ALTER TABLE sessions ADD COLUMN used_at timestamptz NOT NULL DEFAULT now();
