-- Where in the stream an event lies, so that a stream that went back is noticed, and what it lost is sent again.
ALTER TABLE {schema}.outbox ADD COLUMN stream_sequence bigint;

-- The last place that was written to, and the event that lies there. How often the stream went back, and up to which
-- place it was whole when it last did: consumers begin there again.
ALTER TABLE {schema}.relay ADD COLUMN sequence bigint NOT NULL DEFAULT 0;
ALTER TABLE {schema}.relay ADD COLUMN event_id uuid;
ALTER TABLE {schema}.relay ADD COLUMN returns integer NOT NULL DEFAULT 0;
ALTER TABLE {schema}.relay ADD COLUMN whole_until bigint NOT NULL DEFAULT 0;
