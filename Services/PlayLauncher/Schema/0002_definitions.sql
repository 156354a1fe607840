-- ALE choice.
CREATE TABLE play_launcher.ale_choice (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    name text NOT NULL,
    category text NOT NULL
        CONSTRAINT ale_choice_category_choice CHECK (category IN ('ale_definition_record')),
    dependent_category uuid
        CONSTRAINT ale_choice_dependent_category_fkey REFERENCES play_launcher.ale_choice,
    description text,
    "order" integer,
    active boolean
);
CREATE INDEX ale_choice_domain ON play_launcher.ale_choice (domain, id);
CREATE INDEX ale_choice_dependent_category ON play_launcher.ale_choice (dependent_category);
SELECT play_launcher.separate('ale_choice', 'definition');

-- Flow definition.
CREATE TABLE play_launcher.flow_definition (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    title text,
    definition text NOT NULL,
    active boolean,
    CONSTRAINT flow_definition_unique UNIQUE (domain, name, version)
);
CREATE INDEX flow_definition_domain ON play_launcher.flow_definition (domain, id);
SELECT play_launcher.separate('flow_definition', 'definition');

-- Definition record.
CREATE TABLE play_launcher.definition_record (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    flow uuid NOT NULL
        CONSTRAINT definition_record_flow_fkey REFERENCES play_launcher.flow_definition,
    category text NOT NULL,
    sub_category uuid
        CONSTRAINT definition_record_sub_category_fkey REFERENCES play_launcher.ale_choice,
    state text NOT NULL
        CONSTRAINT definition_record_state_choice CHECK (state IN ('draft', 'published', 'closed', 'canceled')),
    "order" integer,
    title text NOT NULL,
    description text,
    active boolean NOT NULL,
    -- BR-51
    CONSTRAINT definition_record_unique UNIQUE (domain, title, category),
    -- BR-53
    CONSTRAINT definition_record_active CHECK (active = (state = 'published'))
);
CREATE INDEX definition_record_domain ON play_launcher.definition_record (domain, id);
CREATE INDEX definition_record_flow ON play_launcher.definition_record (flow);
CREATE INDEX definition_record_sub_category ON play_launcher.definition_record (sub_category);
SELECT play_launcher.separate('definition_record', 'definition');

-- What the service has brought along, by name: each thing once, so that what people change or remove stays so.
CREATE TABLE play_launcher.seeded (
    name text PRIMARY KEY,
    domain text COLLATE "C" NOT NULL
);
SELECT play_launcher.separate('seeded');
