-- The comments on a record, newest first, however much else was done to it.
CREATE INDEX journal_comments ON {schema}.journal (record, id DESC) WHERE kind = 'additional_comments';
