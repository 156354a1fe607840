-- Rows whose time is over are found by their age; request_log has such an index from the beginning.
CREATE INDEX outbox_sent ON {schema}.outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX inbox_age ON {schema}.inbox (at);
