-- The search for import tasks (G-125), as onboarding has it for its records: by words of numbers, subjects, descriptions and
-- accounts, in every language.

-- The words of a text in small letters, each once, 200 at most; numbers within them without leading zeros as well, and of
-- Hangul, kana and Chinese characters every pair of neighbors and the last one alone, since what one looks for is not set
-- apart there. Of a text 20,000 characters count, of a word 60.
CREATE FUNCTION import_validation.search_terms(value text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(
    SELECT DISTINCT term COLLATE "C" FROM (
        SELECT regexp_replace(left(import_validation.folded(value), 20000), '([\u1100-\u11FF\u3040-\u30FF\u3130-\u318F\u3400-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF]+)', ' \1 ', 'g') AS spaced
    ) text_of,
    regexp_matches(text_of.spaced COLLATE "und-x-icu", '[[:alnum:]]+', 'g') AS found (word),
    LATERAL (
        SELECT substr(found.word[1], place, 2) AS term FROM generate_series(1, least(length(found.word[1]), 400)) place
        WHERE found.word[1] ~ '^[\u1100-\u11FF\u3040-\u30FF\u3130-\u318F\u3400-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF]'
        UNION ALL
        SELECT left(found.word[1], 60) WHERE found.word[1] !~ '^[\u1100-\u11FF\u3040-\u30FF\u3130-\u318F\u3400-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF]'
        UNION ALL
        SELECT left(ltrim(digits[1], '0'), 60) FROM regexp_matches(found.word[1], '[0-9]+', 'g') digits
    ) terms
    WHERE term <> '' LIMIT 200);

-- What is looked for: for each word of a text the first and the last term that are one. Words are beginnings, numbers are
-- whole. Of a text 200 characters count.
CREATE FUNCTION import_validation.search_parts(value text, OUT low text, OUT high text) RETURNS SETOF record
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT DISTINCT term, CASE WHEN is_whole THEN term ELSE term || chr(1114111) END FROM (
        SELECT regexp_replace(left(import_validation.folded(value), 200), '([\u1100-\u11FF\u3040-\u30FF\u3130-\u318F\u3400-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF]+)', ' \1 ', 'g') AS spaced
    ) text_of,
    regexp_matches(text_of.spaced COLLATE "und-x-icu", '[[:alnum:]]+', 'g') AS found (word),
    LATERAL (
        SELECT substr(found.word[1], place, 2) AS term, length(found.word[1]) > 1 AS is_whole
        FROM generate_series(1, greatest(length(found.word[1]) - 1, 1)) place
        WHERE found.word[1] ~ '^[\u1100-\u11FF\u3040-\u30FF\u3130-\u318F\u3400-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF]'
        UNION ALL
        SELECT coalesce(nullif(left(ltrim(found.word[1], '0'), 60), ''), '0'), true
        WHERE found.word[1] ~ '^[0-9]+$'
        UNION ALL
        SELECT left(found.word[1], 60), false
        WHERE found.word[1] !~ '^[\u1100-\u11FF\u3040-\u30FF\u3130-\u318F\u3400-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF]' AND found.word[1] !~ '^[0-9]+$'
    ) terms;
END;

-- The terms of each record that is found by them. Row-level security looks at a row before an operator of a text index
-- could, which is not leakproof, so that such an index is never used; comparing texts is, and these rows are found by it.
CREATE TABLE import_validation.search_word (
    record uuid NOT NULL,
    term text COLLATE "C" NOT NULL,
    table_name text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    PRIMARY KEY (record, term)
);
-- The newest first.
CREATE INDEX search_word_term ON import_validation.search_word (term, table_name, record DESC);
SELECT import_validation.separate('search_word');

-- Keeps the terms of a record: those of the columns that the trigger names.
CREATE FUNCTION import_validation.keep_search_words() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    words text := '';
    name text;
BEGIN
    -- Also of one that comes: its words may have stayed when it was lost.
    DELETE FROM import_validation.search_word WHERE record = CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END;
    IF TG_OP <> 'DELETE' THEN
        FOREACH name IN ARRAY TG_ARGV LOOP
            words := words || ' ' || coalesce(to_jsonb(NEW) ->> name, '');
        END LOOP;
        INSERT INTO import_validation.search_word (record, term, table_name, domain)
        SELECT NEW.id, term, TG_TABLE_NAME, NEW.domain FROM unnest(import_validation.search_terms(words)) term;
    END IF;
    RETURN NULL;
END
$$;

-- Makes the records of a table ones that are found by the words of these columns, those of before included.
CREATE FUNCTION import_validation.be_searched(name text, VARIADIC columns text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    given text := (SELECT string_agg(quote_literal(item), ', ') FROM unnest(columns) item);
    changed text := (SELECT string_agg(format('OLD.%1$I IS DISTINCT FROM NEW.%1$I', item), ' OR ')
        FROM unnest(columns || ARRAY['domain']) item);
    words text := (SELECT string_agg(format('coalesce(%I, %L)', item, ''), '|| chr(32) ||') FROM unnest(columns) item);
BEGIN
    EXECUTE format('CREATE TRIGGER search_words_kept AFTER INSERT OR DELETE ON import_validation.%I
        FOR EACH ROW EXECUTE FUNCTION import_validation.keep_search_words(%s)', name, given);
    EXECUTE format('CREATE TRIGGER search_words_changed AFTER UPDATE ON import_validation.%I
        FOR EACH ROW WHEN (%s) EXECUTE FUNCTION import_validation.keep_search_words(%s)', name, changed, given);
    EXECUTE format('INSERT INTO import_validation.search_word (record, term, table_name, domain)
        SELECT id, term, %L, domain FROM import_validation.%I, unnest(import_validation.search_terms(%s)) term', name, name, words);
END
$$;
SELECT import_validation.be_searched('customer_account', 'name');
SELECT import_validation.be_searched('import_task', 'number', 'short_description', 'description');

-- The ids that a search finds in a table, of what is seen. The word that the fewest have is looked up, and its records are
-- asked for the others; of a word that more than 5,000 have, its newest. It is walked in the order of the index, which so is
-- read no further, whatever the server expects of words.
CREATE FUNCTION import_validation.search_ids(looked_in text, asked text, at_most integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SET enable_sort = off SET enable_bitmapscan = off SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
    word CONSTANT text := 'SELECT record FROM import_validation.search_word
        WHERE table_name = %L AND term >= %L AND term <= %L ORDER BY term, table_name, record DESC LIMIT 5000';
    part record;
    held integer;
    fewest integer;
    rarest text;
    others text := '';
BEGIN
    FOR part IN SELECT low, high FROM import_validation.search_parts(asked) ORDER BY length(low) DESC LIMIT 20 LOOP
        -- What begins with one letter is too many to look up beside a longer word.
        IF fewest IS NULL OR length(part.low) > 1 THEN
            EXECUTE 'SELECT count(*) FROM (' || format(word, looked_in, part.low, part.high) || ') few' INTO held;
            IF fewest IS NULL OR held < fewest THEN
                fewest := held;
                rarest := format(word, looked_in, part.low, part.high);
            END IF;
        END IF;
        others := others || format(' AND EXISTS (SELECT FROM import_validation.search_word other
            WHERE other.record = one.record AND other.term >= %L AND other.term <= %L)', part.low, part.high);
    END LOOP;
    IF fewest > 0 THEN
        RETURN QUERY EXECUTE format('SELECT one.record FROM (%s) one WHERE true%s LIMIT %s', rarest, others, at_most);
    END IF;
END
$$;
