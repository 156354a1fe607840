-- The search of a service (G-125, ADR 0036, ADR 0038): by words of numbers, names and descriptions, in every language. For a
-- service that has one; where there is one already, it becomes this.
CREATE FUNCTION {schema}.make_search() RETURNS void LANGUAGE plpgsql AS $make$
BEGIN
    -- The words of a text in small letters, each once, 200 at most; numbers within them without leading zeros as well, and
    -- of Hangul, kana and Chinese characters every pair of neighbors and the last one alone, since what one looks for is not
    -- set apart there. Of a text 20,000 characters count, of a word 60. In plpgsql, which keeps its plan from one record to
    -- the next.
    CREATE OR REPLACE FUNCTION {schema}.search_terms(value text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    BEGIN RETURN ARRAY(
        SELECT DISTINCT term COLLATE "C" FROM (
            SELECT regexp_replace(left({schema}.folded(value), 20000), '([\u1100-\u11FF\u3040-\u30FF\u3130-\u318F\u3400-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF]+)', ' \1 ', 'g') AS spaced
        ) text_of,
        regexp_matches(text_of.spaced COLLATE "und-x-icu", '[[:alnum:]]+', 'g') AS matched (word),
        LATERAL (
            SELECT substr(matched.word[1], place, 2) AS term FROM generate_series(1, least(length(matched.word[1]), 400)) place
            WHERE matched.word[1] ~ '^[\u1100-\u11FF\u3040-\u30FF\u3130-\u318F\u3400-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF]'
            UNION ALL
            SELECT left(matched.word[1], 60) WHERE matched.word[1] !~ '^[\u1100-\u11FF\u3040-\u30FF\u3130-\u318F\u3400-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF]'
            UNION ALL
            SELECT left(ltrim(digits[1], '0'), 60) FROM regexp_matches(matched.word[1], '[0-9]+', 'g') digits
        ) terms
        WHERE term <> '' LIMIT 200);
    END
    $$;

    -- What is looked for: for each word of a text the first and the last term that are one. Words are beginnings, numbers
    -- are whole. Of a text 200 characters count.
    CREATE OR REPLACE FUNCTION {schema}.search_parts(value text, OUT low text, OUT high text) RETURNS SETOF record
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT DISTINCT term, CASE WHEN is_whole THEN term ELSE term || chr(1114111) END FROM (
            SELECT regexp_replace(left({schema}.folded(value), 200), '([\u1100-\u11FF\u3040-\u30FF\u3130-\u318F\u3400-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF]+)', ' \1 ', 'g') AS spaced
        ) text_of,
        regexp_matches(text_of.spaced COLLATE "und-x-icu", '[[:alnum:]]+', 'g') AS matched (word),
        LATERAL (
            SELECT substr(matched.word[1], place, 2) AS term, length(matched.word[1]) > 1 AS is_whole
            FROM generate_series(1, greatest(length(matched.word[1]) - 1, 1)) place
            WHERE matched.word[1] ~ '^[\u1100-\u11FF\u3040-\u30FF\u3130-\u318F\u3400-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF]'
            UNION ALL
            SELECT coalesce(nullif(left(ltrim(matched.word[1], '0'), 60), ''), '0'), true
            WHERE matched.word[1] ~ '^[0-9]+$'
            UNION ALL
            SELECT left(matched.word[1], 60), false
            WHERE matched.word[1] !~ '^[\u1100-\u11FF\u3040-\u30FF\u3130-\u318F\u3400-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF]' AND matched.word[1] !~ '^[0-9]+$'
        ) terms
    $$;

    -- The terms of each record that is found by them. Row-level security looks at a row before an operator of a text index
    -- could, which is not leakproof, so that such an index is never used; comparing texts is, and these rows are found by it.
    IF to_regclass('{schema}.search_word') IS NULL THEN
        CREATE TABLE {schema}.search_word (
            record uuid NOT NULL,
            term text COLLATE "C" NOT NULL,
            table_name text NOT NULL,
            domain text COLLATE "C" NOT NULL,
            PRIMARY KEY (record, term)
        );
        PERFORM {schema}.separate('search_word');
    END IF;
    -- The newest first, within a domain and below through everything.
    CREATE INDEX IF NOT EXISTS search_word_domain ON {schema}.search_word (domain, table_name, term, record DESC);
    -- Words of definitions are seen from below, as definitions are.
    ALTER TABLE {schema}.search_word ADD COLUMN IF NOT EXISTS seen_below boolean NOT NULL DEFAULT false;
    -- Words of one table are walked past none of another's, which many records of that one may have; and the policies are met
    -- by what the index says, without a look at each row.
    DROP INDEX IF EXISTS {schema}.search_word_term;
    CREATE INDEX search_word_term ON {schema}.search_word (table_name, term, record DESC) INCLUDE (domain, seen_below);
    DROP POLICY IF EXISTS above ON {schema}.search_word;
    CREATE POLICY above ON {schema}.search_word FOR SELECT USING (seen_below
        AND domain = ANY (coalesce(nullif(current_setting('ale.ancestors', true), ''), '{}')::text[]));

    -- Whether a table holds definitions.
    CREATE OR REPLACE FUNCTION {schema}.is_seen_below(name text) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT EXISTS (
            SELECT FROM pg_policy WHERE polrelid = format('{schema}.%I', name)::regclass AND polname = 'above')
    $$;

    -- Keeps the terms of a record: those of the columns that the trigger names.
    CREATE OR REPLACE FUNCTION {schema}.keep_search_words() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        words text := '';
        name text;
        below boolean;
    BEGIN
        -- Also of one that comes: its words may have stayed when it was lost.
        DELETE FROM {schema}.search_word WHERE record = CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END;
        IF TG_OP <> 'DELETE' THEN
            FOREACH name IN ARRAY TG_ARGV LOOP
                words := words || ' ' || coalesce(to_jsonb(NEW) ->> name, '');
            END LOOP;
            below := EXISTS (SELECT FROM pg_policy WHERE polrelid = TG_RELID AND polname = 'above');
            INSERT INTO {schema}.search_word (record, term, table_name, domain, seen_below)
            SELECT NEW.id, term, TG_TABLE_NAME, NEW.domain, below FROM unnest({schema}.search_terms(words)) term;
        END IF;
        RETURN NULL;
    END
    $$;

    -- Makes the records of a table ones that are found by the words of these columns, those of before included.
    CREATE OR REPLACE FUNCTION {schema}.be_searched(name text, VARIADIC columns text[]) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        given text := (SELECT string_agg(quote_literal(item), ', ') FROM unnest(columns) item);
        changed text := (SELECT string_agg(format('OLD.%1$I IS DISTINCT FROM NEW.%1$I', item), ' OR ')
            FROM unnest(columns || ARRAY['domain']) item);
        words text := (SELECT string_agg(format('coalesce(%I, %L)', item, ''), '|| chr(32) ||') FROM unnest(columns) item);
    BEGIN
        EXECUTE format('CREATE TRIGGER search_words_kept AFTER INSERT OR DELETE ON {schema}.%I
            FOR EACH ROW EXECUTE FUNCTION {schema}.keep_search_words(%s)', name, given);
        EXECUTE format('CREATE TRIGGER search_words_changed AFTER UPDATE ON {schema}.%I
            FOR EACH ROW WHEN (%s) EXECUTE FUNCTION {schema}.keep_search_words(%s)', name, changed, given);
        EXECUTE format('INSERT INTO {schema}.search_word (record, term, table_name, domain, seen_below)
            SELECT id, term, %L, domain, %L FROM {schema}.%I, unnest({schema}.search_terms(%s)) term',
            name, {schema}.is_seen_below(name), name, words);
    END
    $$;

    -- The domains in which the caller sees words of a table, where they are few; NULL where they are more than 100.
    CREATE OR REPLACE FUNCTION {schema}.search_domains(looked_in text) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
    DECLARE
        claimed CONSTANT text[] := coalesce(
            nullif(current_setting('ale.domains', true), '')::text[], ARRAY[current_setting('ale.scope_lower', true)]);
        few text[];
    BEGIN
        -- From each domain to the next one that has words, by the index.
        WITH RECURSIVE own (claim, domain) AS (
            SELECT claim, (SELECT word.domain FROM {schema}.search_word word
                WHERE word.domain >= claim AND word.domain < left(claim, -1) || '0' ORDER BY word.domain LIMIT 1)
            FROM unnest(claimed) claim
            UNION ALL
            SELECT claim, (SELECT word.domain FROM {schema}.search_word word
                WHERE word.domain > own.domain AND word.domain < left(claim, -1) || '0' ORDER BY word.domain LIMIT 1)
            FROM own WHERE own.domain IS NOT NULL
        )
        SELECT array_agg(known.domain) INTO few
        FROM (SELECT own.domain FROM own WHERE own.domain IS NOT NULL LIMIT 101) known;
        IF cardinality(few) > 100 THEN
            RETURN NULL;
        END IF;
        IF {schema}.is_seen_below(looked_in) THEN
            few := few || nullif(current_setting('ale.ancestors', true), '')::text[];
        END IF;
        RETURN ARRAY(SELECT DISTINCT domain FROM unnest(few) domain);
    END
    $$;

    -- The ids that a search finds in a table, of what is seen. The word that the fewest have is looked up, and its records
    -- are asked for the others. It is walked in the order of an index, which so is read no further, whatever the server
    -- expects of words: of a beginning that more than 5,000 have, those whose term comes first in the alphabet, and of one
    -- term the newest. Who sees few domains walks these, and not the words of others: for several words 5,000 in each, of
    -- which few may have them all; one word needs no more than are given of it. Of what is found there the newest `at_most` are
    -- given; to customers 5,000, of which more is asked: whose they are.
    CREATE OR REPLACE FUNCTION {schema}.search_ids(looked_in text, asked text, at_most integer) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE
    SET enable_sort = off SET enable_bitmapscan = off SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
    DECLARE
        own CONSTANT text[] := {schema}.search_domains(looked_in);
        word CONSTANT text := CASE WHEN own IS NULL
            THEN 'SELECT record FROM {schema}.search_word
                WHERE table_name = %1$L AND term >= %2$L AND term <= %3$L ORDER BY term, table_name, record DESC LIMIT 5000'
            ELSE 'SELECT word.record FROM unnest(%4$L::text[]) own (domain), LATERAL (
                SELECT record FROM {schema}.search_word WHERE domain = own.domain
                AND table_name = %1$L AND term >= %2$L AND term <= %3$L ORDER BY term, record DESC LIMIT %5$s) word'
            END;
        each CONSTANT integer := CASE WHEN (SELECT count(*) FROM {schema}.search_parts(asked)) > 1 THEN 5000
            ELSE greatest(5000 / greatest(cardinality(own), 1), 500) END;
        part record;
        number integer := 0;
        held integer;
        fewest integer;
        rarest text;
        others text := '';
    BEGIN
        FOR part IN SELECT low, high FROM {schema}.search_parts(asked) ORDER BY length(low) DESC LOOP
            number := number + 1;
            -- What begins with one letter is too many to look up beside a longer word.
            IF fewest IS NULL OR length(part.low) > 1 AND number <= 20 THEN
                EXECUTE 'SELECT count(*) FROM (' || format(word, looked_in, part.low, part.high, own, each) || ') few'
                    INTO held;
                IF fewest IS NULL OR held < fewest THEN
                    fewest := held;
                    rarest := format(word, looked_in, part.low, part.high, own, each);
                END IF;
            END IF;
            others := others || format(' AND EXISTS (SELECT FROM {schema}.search_word other
                WHERE other.record = one.record AND other.term >= %L AND other.term <= %L)', part.low, part.high);
        END LOOP;
        IF fewest > 0 THEN
            RETURN QUERY EXECUTE format('SELECT one.record FROM (%s) one WHERE true%s %s LIMIT %s', rarest, others,
                CASE WHEN own IS NOT NULL THEN 'ORDER BY one.record DESC' ELSE '' END,
                CASE WHEN coalesce(current_setting('ale.accounts', true), '') = '' THEN at_most ELSE 5000 END);
        END IF;
    END
    $$;
END
$make$;
