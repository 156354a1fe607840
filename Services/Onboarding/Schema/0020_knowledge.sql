-- The knowledge base.
CREATE TABLE onboarding.knowledge_article (
    key text NOT NULL,
    title text NOT NULL,
    title_ko text,
    body text,
    body_ko text,
    state text NOT NULL CONSTRAINT knowledge_article_state_choice CHECK (state IN ('draft', 'published')),
    version integer NOT NULL,
    cannot_read text[] NOT NULL DEFAULT '{}'
);
SELECT onboarding.make_record('knowledge_article', visibility => 'definition');
ALTER TABLE onboarding.knowledge_article ADD CONSTRAINT knowledge_article_unique UNIQUE (domain, key);

-- Every syllable of Korean words and every two that follow each other: a word is looked for by its pairs. (A trigram index
-- has nothing to offer for words of two syllables.)
CREATE FUNCTION onboarding.bigrams(content text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT gram), '{}')
    FROM regexp_matches(normalize(content, NFC), '[\uAC00-\uD7A3]+', 'g') AS found (words),
        generate_series(1, length(words[1])) AS place,
        LATERAL (VALUES (substr(words[1], place, 1)), (substr(words[1], place, 2))) AS grams (gram)
$$;

-- What was published; never changed but for which one is the newest.
CREATE TABLE onboarding.knowledge_version (
    id uuid PRIMARY KEY,
    domain text COLLATE "C" NOT NULL,
    article uuid NOT NULL REFERENCES onboarding.knowledge_article ON DELETE CASCADE,
    number integer NOT NULL,
    title text NOT NULL,
    title_ko text NOT NULL,
    body text NOT NULL,
    body_ko text NOT NULL,
    published_at timestamptz NOT NULL,
    published_by text NOT NULL,
    is_newest boolean NOT NULL,
    -- What searches find it by: words of both languages, and the pairs of syllables of the Korean ones.
    words tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', body), 'B')
        || setweight(to_tsvector('simple', regexp_replace(title_ko || ' ' || body_ko, '[\uAC00-\uD7A3]+', ' ', 'g')), 'C')
        ) STORED,
    pairs tsvector NOT NULL GENERATED ALWAYS AS (
        array_to_tsvector(onboarding.bigrams(title_ko || ' ' || body_ko || ' ' || title || ' ' || body))) STORED,
    UNIQUE (article, number)
);
SELECT onboarding.separate('knowledge_version', 'definition');
CREATE UNIQUE INDEX knowledge_version_newest ON onboarding.knowledge_version (article) WHERE is_newest;
CREATE INDEX knowledge_version_words ON onboarding.knowledge_version USING gin (words) WHERE is_newest;
CREATE INDEX knowledge_version_pairs ON onboarding.knowledge_version USING gin (pairs) WHERE is_newest;
CREATE INDEX knowledge_version_title ON onboarding.knowledge_version (title, id) WHERE is_newest;

CREATE TABLE onboarding.knowledge_rule (
    article uuid NOT NULL
        CONSTRAINT knowledge_rule_article_fkey REFERENCES onboarding.knowledge_article ON DELETE CASCADE,
    "table" text NOT NULL CONSTRAINT knowledge_rule_table_choice CHECK ("table" IN ('onboarding_case', 'lifecycle_task')),
    condition text,
    active boolean
);
SELECT onboarding.make_record('knowledge_rule', visibility => 'definition');

CREATE TABLE onboarding.knowledge_link (
    article uuid NOT NULL
        CONSTRAINT knowledge_link_article_fkey REFERENCES onboarding.knowledge_article ON DELETE CASCADE,
    purpose text NOT NULL CONSTRAINT knowledge_link_purpose_choice CHECK (purpose IN ('related', 'shared')),
    onboarding_case uuid
        CONSTRAINT knowledge_link_onboarding_case_fkey REFERENCES onboarding.onboarding_case ON DELETE CASCADE,
    lifecycle_task uuid
        CONSTRAINT knowledge_link_lifecycle_task_fkey REFERENCES onboarding.lifecycle_task ON DELETE CASCADE,
    contact uuid
        CONSTRAINT knowledge_link_contact_fkey REFERENCES onboarding.customer_contact ON DELETE CASCADE,
    CONSTRAINT knowledge_link_target CHECK (num_nonnulls(onboarding_case, lifecycle_task, contact) = 1),
    CONSTRAINT knowledge_link_contact_shared CHECK (contact IS NULL OR purpose = 'shared'),
    CONSTRAINT knowledge_link_unique
        UNIQUE NULLS NOT DISTINCT (article, purpose, onboarding_case, lifecycle_task, contact)
);
SELECT onboarding.make_record('knowledge_link');
