-- What a change follows from, where nobody asked for it: the firing of the trigger whose play made it.
ALTER TABLE {schema}.journal ADD COLUMN cause uuid;
