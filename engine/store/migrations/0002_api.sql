-- The HTTP API: who may ask, what was answered, which merchant's reference and which code is whose.

alter table lane add column stamped_at timestamptz not null default '-infinity';

-- Merchants and keys -------------------------------------------------------------------------------------------------

create table network (
    bank    text not null,
    network text not null,
    status  text not null default 'active',
    constraint network_pk primary key (bank, network),
    constraint network_of_a_bank foreign key (bank) references bank,
    constraint network_is_a_slug check (network ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(network) <= 64),
    constraint network_status_known check (status in ('active', 'suspended'))
);

create table merchant (
    bank        text        not null,
    merchant    text        not null,
    network     text        not null,
    region      text,
    status      text        not null default 'active',
    sandbox     boolean     not null default false,
    recorded_at timestamptz not null default now(),
    constraint merchant_pk primary key (bank, merchant),
    constraint merchant_of_a_network foreign key (bank, network) references network,
    constraint merchant_is_an_id check (merchant ~ '^[A-Za-z0-9._-]*[A-Za-z][A-Za-z0-9._-]*$' and length(merchant) <= 64),
    constraint merchant_status_known check (status in ('active', 'suspended'))
);

create table api_key (
    key_id      text        not null,
    bank        text        not null,
    role        text        not null,
    holder      text        not null,
    scopes      text[]      not null default '{}',
    digest      bytea       not null,
    recorded_at timestamptz not null default now(),
    expires_at  timestamptz not null default 'infinity',
    revoked_at  timestamptz,
    constraint api_key_pk primary key (key_id),
    constraint api_key_of_a_bank foreign key (bank) references bank,
    constraint api_key_role_known check (role in ('merchant', 'channel', 'operator', 'approver', 'auditor')),
    constraint api_key_digest_is_sha256 check (octet_length(digest) = 32)
);

create index api_key_of_holder on api_key (bank, role, holder);

-- Answers to commands, for ever ---------------------------------------------------------------------------------------

create table api_answer (
    event_key   uuid        not null,
    bank        text        not null,
    principal   text        not null,
    key_id      text        not null,
    request_id  text        not null,
    request     text        not null,
    status      smallint    not null,
    headers     text        not null,
    body        bytea       not null,
    recorded_at timestamptz not null default now(),
    constraint api_answer_pk primary key (event_key),
    constraint api_answer_is_kept_once_decided check (status between 200 and 299 or status in (404, 422))
) partition by hash (event_key);

-- The directory: what is claimed by its own hash before a member's database is asked -----------------------------------

create table merchant_reference (
    reference   bytea       not null,
    bank        text        not null,
    merchant    text        not null,
    member_id   text        not null,
    recorded_at timestamptz not null default now(),
    constraint merchant_reference_pk primary key (reference),
    constraint merchant_reference_is_16_bytes check (octet_length(reference) = 16)
) partition by hash (reference);

create table code (
    digest      bytea       not null,
    bank        text        not null,
    member_id   text        not null,
    kind        text        not null,
    benefit_id  text,
    grant_id    uuid,
    expires_at  timestamptz not null,
    recorded_at timestamptz not null default now(),
    constraint code_pk primary key (digest),
    constraint code_digest_is_sha256 check (octet_length(digest) = 32),
    constraint code_kind_known check (kind in ('presentation', 'voucher')),
    constraint code_of_a_voucher_names_its_benefit check ((kind = 'voucher') = (benefit_id is not null)),
    constraint code_valid_some_time check (expires_at > recorded_at)
) partition by hash (digest);

create table code_use (
    digest      bytea       not null,
    bank        text        not null,
    reference   bytea       not null,
    recorded_at timestamptz not null default now(),
    constraint code_use_pk primary key (digest)
) partition by hash (digest);

do $$
declare
    kept text;
begin
    foreach kept in array array['api_answer', 'merchant_reference', 'code', 'code_use'] loop
        for i in 0..15 loop
            execute format('create table %s_%s partition of %s for values with (modulus 16, remainder %s)',
                           kept, i, kept, i);
            perform never_emptied(format('%s_%s', kept, i));
        end loop;
        execute format('create trigger %s_append_only before update or delete on %s '
                       'for each row execute function refuse_change()', kept, kept);
        perform never_emptied(kept);
    end loop;
end $$;

-- What was tried in vain, and how far holds were swept: kept for a while, lost without harm ----------------------------

create unlogged table guess (
    subject  text        not null,
    tries    integer     not null,
    began_at timestamptz not null,
    constraint guess_pk primary key (subject)
) with (fillfactor = 50);

create table sweep (
    one           boolean     not null default true,
    swept_through timestamptz not null default '-infinity',
    constraint sweep_pk primary key (one),
    constraint sweep_has_one_row check (one)
) with (fillfactor = 50);
insert into sweep default values;

create index redemption_lapsing on redemption (lapses_at) where state = 'held';

-- Who may: the door writes as points_app, everything else reads as points_api and sees what its transaction names --------

grant select on all tables in schema points to points_app;
grant insert on api_answer, merchant_reference, code, code_use to points_app;
grant insert, update on api_key, merchant, network, guess to points_app;
grant delete on guess to points_app;
grant update on sweep to points_app;

create function seen_bank() returns text stable parallel safe language sql
    return nullif(current_setting('points.bank', true), '');
create function seen_merchant() returns text stable parallel safe language sql
    return nullif(current_setting('points.merchant', true), '');
create function seen_member() returns text stable parallel safe language sql
    return nullif(current_setting('points.member', true), '');

alter view balance set (security_invoker = true);
grant usage on schema points to points_api;
grant select on balance, bank, program_version, registry, source, day_close to points_api;

-- A merchant's transaction sees of members the one whose code it was shown, and of redemptions its own.
do $$
declare
    of_member text;
begin
    foreach of_member in array array['member', 'balance_day', 'posting', 'allocation', 'lot_release', 'tier_change',
                                     'benefit_grant', 'grant_revocation', 'signal', 'refusal', 'code'] loop
        execute format('alter table %s enable row level security', of_member);
        execute format('grant select on %s to points_api', of_member);
        execute format('create policy %s_seen on %s for select to points_api using '
                       '(bank = seen_bank() and (seen_merchant() is null or member_id = seen_member()))',
                       of_member, of_member);
    end loop;
    foreach of_member in array array['redemption', 'merchant_reference', 'merchant'] loop
        execute format('alter table %s enable row level security', of_member);
        execute format('grant select on %s to points_api', of_member);
        execute format('create policy %s_seen on %s for select to points_api using '
                       '(bank = seen_bank() and (seen_merchant() is null or merchant = seen_merchant()))',
                       of_member, of_member);
    end loop;
    foreach of_member in array array['network', 'api_key', 'api_answer', 'code_use'] loop
        execute format('alter table %s enable row level security', of_member);
        execute format('grant select on %s to points_api', of_member);
        execute format('create policy %s_seen on %s for select to points_api using '
                       '(bank = seen_bank() and seen_merchant() is null)', of_member, of_member);
    end loop;
end $$;
grant select (bank, network, status) on network to points_api;
create policy network_seen_by_merchants on network for select to points_api using (bank = seen_bank());
