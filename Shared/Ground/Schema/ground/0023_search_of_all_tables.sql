-- A search looks through all tables of a service at once: what it is about, and where the caller sees anything, is found once
-- and not for each of them. `search_ids`, which looks through one, is there for instances of the version before; what a service
-- without a search will make needs not be there yet.

-- The domains in which the caller sees words, where they are few; NULL where they are more than 100.
CREATE FUNCTION {schema}.search_domains() RETURNS text[] LANGUAGE plpgsql STABLE AS $$
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
    SELECT coalesce(array_agg(DISTINCT known.domain), '{}') INTO few
    FROM (SELECT own.domain FROM own WHERE own.domain IS NOT NULL LIMIT 101) known;
    RETURN CASE WHEN cardinality(few) <= 100 THEN few END;
END
$$;

-- The ids that a search finds in tables, of what is seen. In each of them the word that the fewest have is looked up, and its
-- records are asked for the others. It is walked in the order of an index, which so is read no further, whatever the server
-- expects of words: of a beginning that more than 5,000 have, those whose term comes first in the alphabet, and of one term the
-- newest. Who sees few domains walks these, and not the words of others: for several words 5,000 in each, of which few may have
-- them all; one word needs no more than are given of it. Of what is found there the newest `at_most` are given; to customers
-- 5,000, of which more is asked: whose they are.
CREATE FUNCTION {schema}.search_found(asked text, looked_in text[], at_most integer) RETURNS TABLE (looked text, found uuid)
LANGUAGE plpgsql STABLE
SET enable_sort = off SET enable_bitmapscan = off SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
DECLARE
    few CONSTANT text[] := {schema}.search_domains();
    parts CONSTANT text[][] := ARRAY(
        SELECT ARRAY[low, high] FROM {schema}.search_parts(asked) ORDER BY length(low) DESC, low);
    number CONSTANT integer := cardinality(parts) / 2;
    given CONSTANT integer := CASE WHEN coalesce(current_setting('ale.accounts', true), '') = '' THEN at_most ELSE 5000 END;
    own text[];
    each integer;
    word text;
    walk text;
    held integer;
    fewest integer;
    rarest text;
    others text;
BEGIN
    IF number = 0 THEN
        RETURN;
    END IF;
    FOREACH looked IN ARRAY looked_in LOOP
        own := few;
        IF few IS NOT NULL AND {schema}.is_seen_below(looked) THEN
            own := ARRAY(SELECT DISTINCT domain
                FROM unnest(few || nullif(current_setting('ale.ancestors', true), '')::text[]) domain);
        END IF;
        CONTINUE WHEN cardinality(own) = 0;
        each := CASE WHEN number > 1 THEN 5000 ELSE greatest(5000 / greatest(cardinality(own), 1), 500) END;
        word := CASE WHEN own IS NULL
            THEN 'SELECT record FROM {schema}.search_word
                WHERE table_name = %1$L AND term >= %2$L AND term <= %3$L ORDER BY term, table_name, record DESC LIMIT 5000'
            ELSE 'SELECT word.record FROM unnest(%4$L::text[]) own (domain), LATERAL (
                SELECT record FROM {schema}.search_word WHERE domain = own.domain
                AND table_name = %1$L AND term >= %2$L AND term <= %3$L ORDER BY term, record DESC LIMIT %5$s) word'
            END;
        fewest := NULL;
        others := '';
        FOR place IN 1..number LOOP
            walk := format(word, looked, parts[place][1], parts[place][2], own, each);
            IF number = 1 THEN
                rarest := walk;
                EXIT;
            END IF;
            -- What begins with one letter is too many to look up beside a longer word.
            IF fewest IS NULL OR length(parts[place][1]) > 1 AND place <= 20 THEN
                EXECUTE 'SELECT count(*) FROM (' || walk || ') few' INTO held;
                IF fewest IS NULL OR held < fewest THEN
                    fewest := held;
                    rarest := walk;
                END IF;
            END IF;
            EXIT WHEN fewest = 0;
            others := others || format(' AND EXISTS (SELECT FROM {schema}.search_word other
                WHERE other.record = one.record AND other.term >= %L AND other.term <= %L)', parts[place][1], parts[place][2]);
        END LOOP;
        CONTINUE WHEN fewest = 0;
        RETURN QUERY EXECUTE format('SELECT %L, one.record FROM (%s) one WHERE true%s %s LIMIT %s', looked, rarest, others,
            CASE WHEN own IS NOT NULL THEN 'ORDER BY one.record DESC' ELSE '' END, given);
    END LOOP;
END
$$;
