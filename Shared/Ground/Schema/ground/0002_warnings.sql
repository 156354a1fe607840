-- What an answer warned of, as in its header: it goes along when the answer is given again (AIP-155).
ALTER TABLE {schema}.request_log ADD COLUMN warnings text[] NOT NULL DEFAULT '{}';
