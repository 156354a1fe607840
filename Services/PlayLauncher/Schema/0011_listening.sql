-- Flows have branches, wait for events and end what takes too long: a step that nothing came of because something else
-- came first is canceled.
ALTER TABLE play_launcher.flow_step
    DROP CONSTRAINT flow_step_kind_choice,
    ADD CONSTRAINT flow_step_kind_choice CHECK (kind IN ('call', 'wait', 'emit', 'run', 'listen', 'http')),
    DROP CONSTRAINT flow_step_state_choice,
    ADD CONSTRAINT flow_step_state_choice CHECK (state IN ('pending', 'done', 'failed', 'skipped', 'canceled'));

-- The types of events that flows of a domain listen to, from when they are saved: all others cost no transaction.
CREATE TABLE play_launcher.flow_event_type (
    domain text COLLATE "C" NOT NULL,
    type text NOT NULL,
    PRIMARY KEY (domain, type)
);
SELECT play_launcher.separate('flow_event_type');

-- Runs that listen, by the type of the event: what happens in the domain of a run and below it is for the run to hear.
CREATE TABLE play_launcher.flow_listener (
    run uuid NOT NULL
        CONSTRAINT flow_listener_run_fkey REFERENCES play_launcher.flow_run ON DELETE CASCADE,
    type text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    PRIMARY KEY (run, type)
);
CREATE INDEX flow_listener_heard ON play_launcher.flow_listener (type, domain);
SELECT play_launcher.separate('flow_listener');

-- Events that listening runs have not taken in yet.
CREATE TABLE play_launcher.flow_heard (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run uuid NOT NULL
        CONSTRAINT flow_heard_run_fkey REFERENCES play_launcher.flow_run ON DELETE CASCADE,
    domain text COLLATE "C" NOT NULL,
    -- The event as JSON, in the shape of CloudEvents.
    event text NOT NULL
);
CREATE INDEX flow_heard_run ON play_launcher.flow_heard (run, seq);
SELECT play_launcher.separate('flow_heard');
