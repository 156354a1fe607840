-- The words of a record that comes are written over those that may have stayed when it was lost: to look for these first
-- took longer with every record, as long as Postgres had no statistics of the words yet and went through the domain's.
DO $$
DECLARE
    looked CONSTANT text := $text$-- Also of one that comes: its words may have stayed when it was lost.
        DELETE FROM {schema}.search_word WHERE record = CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END;$text$;
    written CONSTANT text := $text$IF TG_OP <> 'INSERT' THEN
            DELETE FROM {schema}.search_word WHERE record = OLD.id;
        END IF;$text$;
    added CONSTANT text := 'FROM unnest({schema}.search_terms(words)) term;';
    anew CONSTANT text := $text$FROM unnest({schema}.search_terms(words)) term
            -- Of one that was lost and comes again, words may have stayed.
            ON CONFLICT (record, term) DO UPDATE SET table_name = EXCLUDED.table_name, domain = EXCLUDED.domain,
                seen_below = EXCLUDED.seen_below;$text$;
    name text;
    text_of text;
BEGIN
    -- What a service without a search will make, and what one with a search has made.
    FOREACH name IN ARRAY ARRAY['make_search', 'keep_search_words'] LOOP
        CONTINUE WHEN to_regprocedure(format('{schema}.%I()', name)) IS NULL;
        text_of := pg_get_functiondef(to_regprocedure(format('{schema}.%I()', name)));
        IF position(looked IN text_of) = 0 OR position(added IN text_of) = 0 THEN
            RAISE EXCEPTION 'the function % is not what it was made as', name;
        END IF;
        EXECUTE replace(replace(text_of, looked, written), added, anew);
    END LOOP;
END
$$;
