-- How the health of an engagement came to be what it is, newest first, however much else was changed of it (ADR 0068).
CREATE INDEX journal_health ON customer_success.journal (record, id DESC) WHERE 'perceived_health' = ANY (fields);
