-- A session of the user :user with the token :token, as signing in makes one.
INSERT INTO onboarding.session (id, domain, "user", token_hash, device, method, signed_in_at, used_at, expires_at)
SELECT gen_random_uuid(), domain, id::text, translate(encode(sha256(convert_to(:'token', 'UTF8')), 'base64'), '+/=', '-_'),
    'bench', 'password', now(), now(), now() + interval '1 day'
FROM onboarding."user" WHERE id = :'user';
