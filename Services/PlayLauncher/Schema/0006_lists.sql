-- Runs are listed newest first: one's own, those of a record, of an engagement and of an account. Each index takes the
-- place of the one on its first column.
DROP INDEX play_launcher.flow_run_requested_by;
CREATE INDEX flow_run_requested_by ON play_launcher.flow_run (requested_by, id);
DROP INDEX play_launcher.flow_run_source_record;
CREATE INDEX flow_run_source_record ON play_launcher.flow_run (source_record, id);
DROP INDEX play_launcher.flow_run_engagement;
CREATE INDEX flow_run_engagement ON play_launcher.flow_run (engagement, id);
DROP INDEX play_launcher.flow_run_account;
CREATE INDEX flow_run_account ON play_launcher.flow_run (account, id);
