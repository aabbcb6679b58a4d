-- Keys whose requests are signed: which number of secret, and until when the one before it is good too. The secrets are
-- derived from the pepper and kept nowhere. What a signature was made for once is remembered while it could be used again.

alter table api_key
    add column signed              boolean     not null default false,
    add column signing_number      integer     not null default 0,
    add column signed_before_until timestamptz not null default '-infinity',
    add constraint api_key_signs_by_a_number check (signing_number >= 0 and (signing_number > 0 or not signed));

create unlogged table nonce (
    key_id     text        not null,
    nonce      text        not null,
    claimed_at timestamptz not null default clock_timestamp(),
    constraint nonce_pk primary key (key_id, nonce)
);
grant select, insert, delete on nonce to points_app;
