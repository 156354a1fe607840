-- How far the records of a table were looked at, for a look that takes more than one turn.
ALTER TABLE play_launcher.trigger_look ADD COLUMN page_token text NOT NULL DEFAULT '';

-- A trigger launches the version of the flow that was looked at when it was activated.
ALTER TABLE play_launcher.play_trigger ADD COLUMN flow_definition uuid
    CONSTRAINT play_trigger_flow_definition_fkey REFERENCES play_launcher.flow_definition;
CREATE INDEX play_trigger_flow_definition ON play_launcher.play_trigger (flow_definition);
-- What starts plays by itself, as whom and with which answers, is not for tenants below to read.
DROP POLICY above ON play_launcher.play_trigger;

-- What was launched stays known when its trigger is deleted.
ALTER TABLE play_launcher.play_firing
    ADD COLUMN message_ko text,
    ALTER COLUMN play_trigger DROP NOT NULL,
    DROP CONSTRAINT play_firing_play_trigger_fkey,
    ADD CONSTRAINT play_firing_play_trigger_fkey FOREIGN KEY (play_trigger)
        REFERENCES play_launcher.play_trigger ON DELETE SET NULL;

-- Those whose time is over are found by it.
CREATE INDEX play_firing_updated_at ON play_launcher.play_firing (updated_at);

-- A run whose events were more than wait for it: it is told so instead of waiting for ever.
ALTER TABLE play_launcher.flow_listener ADD COLUMN missed boolean NOT NULL DEFAULT false;
