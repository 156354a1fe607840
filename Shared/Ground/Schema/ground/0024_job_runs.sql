-- What the daily jobs did when they last ran: those of each day over everything, those that somebody asked for over the
-- own domain. Seen from below, since a job of the day is everybody's; of each job the newest are kept.
CREATE TABLE {schema}.job_run (
    id uuid PRIMARY KEY,
    job text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    records bigint,
    asked_by text,
    failed boolean NOT NULL
);
CREATE INDEX job_run_last ON {schema}.job_run (job, started_at DESC);
SELECT {schema}.separate('job_run', 'definition');
