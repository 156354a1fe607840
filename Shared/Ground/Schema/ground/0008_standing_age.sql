-- When onboarding was last asked for the person: what is known becomes old, and rows of whoever calls no more go. Without
-- an index, so that asking again writes to the row alone; the rows are few.
ALTER TABLE {schema}.standing ADD COLUMN asked_at timestamptz NOT NULL DEFAULT now();
