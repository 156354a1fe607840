-- Triggers that start on the schedule of the flow of their play.
ALTER TABLE play_launcher.flow_definition ADD COLUMN schedule text;
ALTER TABLE play_launcher.play_trigger
    DROP CONSTRAINT play_trigger_starts_on_choice,
    ADD CONSTRAINT play_trigger_starts_on_choice
        CHECK (starts_on IN ('entering', 'leaving', 'both', 'schedule', 'flow'));

-- A firing by events has them; that of a record which was deleted has what the record belonged to.
ALTER TABLE play_launcher.play_firing
    ADD COLUMN engagement uuid,
    ADD COLUMN events text,
    DROP CONSTRAINT play_firing_edge_choice,
    ADD CONSTRAINT play_firing_edge_choice CHECK (edge IN ('entering', 'leaving', 'schedule', 'event'));

-- Events that the schedule of a play has heard and that are not yet enough for a run: those that belong together, of one
-- domain, by the digest of what they have in common.
CREATE TABLE play_launcher.trigger_gathering (
    play_trigger uuid NOT NULL
        CONSTRAINT trigger_gathering_play_trigger_fkey REFERENCES play_launcher.play_trigger ON DELETE CASCADE,
    domain text COLLATE "C" NOT NULL,
    correlation text NOT NULL,
    heard text NOT NULL,
    heard_at timestamptz NOT NULL,
    -- The record of the trigger's table that an event was last about.
    source_record uuid,
    PRIMARY KEY (play_trigger, domain, correlation)
);
CREATE INDEX trigger_gathering_age ON play_launcher.trigger_gathering (play_trigger, heard_at);
SELECT play_launcher.separate('trigger_gathering');

-- What runs want of the events that they listen to, as a JSON list: the attributes that are written out in their filters.
ALTER TABLE play_launcher.flow_listener ADD COLUMN wants text NOT NULL DEFAULT '[]';
