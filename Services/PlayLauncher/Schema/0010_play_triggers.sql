-- Plays that start themselves: what launches which play, and when.
CREATE TABLE play_launcher.play_trigger (
    title text NOT NULL,
    source_table text NOT NULL,
    condition text NOT NULL,
    starts_on text NOT NULL
        CONSTRAINT play_trigger_starts_on_choice CHECK (starts_on IN ('entering', 'leaving', 'both', 'schedule')),
    schedule text,
    definition_record uuid NOT NULL
        CONSTRAINT play_trigger_definition_record_fkey REFERENCES play_launcher.definition_record,
    answers text,
    acts_as text NOT NULL,
    daily_limit integer NOT NULL
        CONSTRAINT play_trigger_daily_limit_bounds CHECK (daily_limit BETWEEN 1 AND 10000),
    active boolean NOT NULL,
    activated_at timestamptz,
    activated_by text,
    CONSTRAINT play_trigger_activated CHECK (NOT active OR activated_at IS NOT NULL AND activated_by IS NOT NULL)
);
SELECT play_launcher.make_record('play_trigger', visibility => 'definition');
CREATE INDEX play_trigger_active ON play_launcher.play_trigger (source_table) WHERE active;

-- Each time that a record met a trigger: its id follows from trigger, record, edge and time, so that it is there once.
CREATE TABLE play_launcher.play_firing (
    play_trigger uuid NOT NULL
        CONSTRAINT play_firing_play_trigger_fkey REFERENCES play_launcher.play_trigger ON DELETE CASCADE,
    source_table text NOT NULL,
    source_record uuid NOT NULL,
    edge text NOT NULL
        CONSTRAINT play_firing_edge_choice CHECK (edge IN ('entering', 'leaving', 'schedule')),
    occurred_at timestamptz NOT NULL,
    state text NOT NULL
        CONSTRAINT play_firing_state_choice CHECK (state IN ('waiting', 'launched', 'refused')),
    flow_run uuid
        CONSTRAINT play_firing_flow_run_fkey REFERENCES play_launcher.flow_run,
    message text,
    caused_by text
);
SELECT play_launcher.make_record('play_firing');
-- Firings are listed newest first: those of a trigger and those of a record. The first is also counted by, for the limit of
-- a day.
DROP INDEX play_launcher.play_firing_play_trigger;
CREATE INDEX play_firing_play_trigger ON play_launcher.play_firing (play_trigger, id);
DROP INDEX play_launcher.play_firing_source_record;
CREATE INDEX play_firing_source_record ON play_launcher.play_firing (source_record, id);
CREATE INDEX play_firing_launched ON play_launcher.play_firing (play_trigger, updated_at) WHERE state = 'launched';

-- Firings whose play is still to be launched; those of one trigger one after another.
CREATE TABLE play_launcher.firing_work (
    firing uuid PRIMARY KEY
        CONSTRAINT firing_work_firing_fkey REFERENCES play_launcher.play_firing ON DELETE CASCADE,
    domain text COLLATE "C" NOT NULL
);
SELECT play_launcher.separate('firing_work');
SELECT play_launcher.make_queue('firing_work');

-- How far the journals of the watched tables, the calendar and the schedules were looked at: by table, or by trigger.
CREATE TABLE play_launcher.trigger_look (
    subject text PRIMARY KEY,
    domain text COLLATE "C" NOT NULL,
    looked_until timestamptz NOT NULL
);
SELECT play_launcher.separate('trigger_look');
