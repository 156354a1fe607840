-- How often the leader of the service's instances has changed: its work is held back when the number is another's.
CREATE TABLE {schema}.leader (
    name text PRIMARY KEY,
    number bigint NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON {schema}.leader TO ale_{schema};
