-- What one refresh grant of the desk asks PostgreSQL, one statement after the other, for a session of this connection's own.
\set n :n + 1
select * from clients where id in ('app');
select session.*, "user".roles, "user".disabled_at, current.access_token_id, current.access_token_issued_at,
  current.access_token_expires_at, current.access_token_status
from refresh_tokens as shown
  join sessions as session on session.id = shown.session_id
  join users as "user" on "user".id = session.user_id
  join refresh_tokens as current on current.hash = session.refresh_hash
where shown.hash = sha256(convert_to((:round)::text || ' ' || (:client_id)::text || ' ' || (:n - 1)::text, 'UTF8'));
with session as (
  update sessions set
    refresh_hash = sha256(convert_to((:round)::text || ' ' || (:client_id)::text || ' ' || (:n)::text, 'UTF8')),
    refresh_expires_at = now() + interval '7 days', previous_hash = refresh_hash,
    successor_nonce = '\x0102030405060708010203040506070801020304050607080102030405060708', rotated_at = now(), last_used_at = now()
  where id = (lpad((:round)::text, 8, '0') || '-0000-4000-8000-' || lpad((:client_id)::text, 12, '0'))::uuid
    and refresh_hash = sha256(convert_to((:round)::text || ' ' || (:client_id)::text || ' ' || (:n - 1)::text, 'UTF8'))
    and ended_at is null
  returning id
)
insert into refresh_tokens (hash, session_id, issued_at,
  access_token_id, access_token_issued_at, access_token_expires_at, access_token_status)
select sha256(convert_to((:round)::text || ' ' || (:client_id)::text || ' ' || (:n)::text, 'UTF8')), id, now(),
  'A0B1C2D3E4F5G6H7I8J9Ka', now(), now() + interval '5 minutes',
  '{"status_list": {"uri": "http://desk.test/auth/status-lists/1700000000-0", "idx": 123456}}'::jsonb
from session;
