-- Texts that look alike are alike: one folding for keys, references and filters, which programs have as `String.alike`.
-- Not STRICT, so that Postgres puts the expression where the function is called: three times as fast.
CREATE FUNCTION {schema}.folded(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
-- The usual text needs no second look.
WHEN value !~ '[^ -~]' AND position('  ' IN value) = 0 THEN lower(btrim(value, ' ') COLLATE "C")
-- Nor does one of other letters, as far as its spaces go.
WHEN value !~ '[\u0001-\u001F\u007F-\u00A0\u00AD\u034F\u061C\u115F\u1160\u1680\u17B4\u17B5\u180B-\u180F\u2000-\u200F\u2028-\u202F\u205F-\u206F\u2800\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]|  '
THEN normalize(translate(lower(btrim(value, ' ') COLLATE "und-x-icu"), 'ς', 'σ'), NFC) COLLATE "C"
ELSE normalize(translate(lower(btrim(regexp_replace(
    regexp_replace(value, '[\u0001-\u0008\u000E-\u001F\u007F-\u0084\u0086-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]', '', 'g'),
    '[\u0009-\u000D \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u2800\u3000]+', ' ', 'g'), ' ')
    COLLATE "und-x-icu"), 'ς', 'σ'), NFC) COLLATE "C"
END;
