-- Words of one table are walked past none of another's, which many records of that one may have; and the policy is met by
-- what the index says, without a look at each row.
DROP INDEX import_validation.search_word_term;
CREATE INDEX search_word_term ON import_validation.search_word (table_name, term, record DESC) INCLUDE (domain);
