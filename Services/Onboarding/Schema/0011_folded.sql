-- The folding that every schema has by now, in place of one of onboarding's own. Of control characters it sees nothing, as
-- programs do; a key stored before with one keeps its place in the indexes until it is written again. No longer STRICT,
-- so that a filter, which folds in its own words, meets the indexes over alike_key.
CREATE OR REPLACE FUNCTION onboarding.alike(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN onboarding.folded(value);
CREATE OR REPLACE FUNCTION onboarding.alike_key(value text) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN md5(onboarding.folded(value))::uuid;
