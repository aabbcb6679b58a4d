-- The ledger. Every key begins with the bank. What is append-only is so by right (the application's role may not
-- update or delete it) and by trigger (nobody's statement does). Times of events decide; recorded_at is for storage.

-- What is registered -----------------------------------------------------------------------------------------------

create table registry (
    one      boolean not null default true,
    revision bigint  not null default 0,
    constraint registry_pk primary key (one),
    constraint registry_has_one_row check (one)
);
insert into registry default values;

create table bank (
    bank text not null,
    constraint bank_pk primary key (bank),
    constraint bank_is_a_slug check (bank ~ '^[a-z][a-z0-9-]{0,31}$')
);

create table source (
    source text   not null,
    bank   text   not null,
    types  text[] not null,
    constraint source_pk primary key (source),
    constraint source_of_a_bank foreign key (bank) references bank,
    constraint source_sends_something check (cardinality(types) > 0)
);

create table program_version (
    bank         text        not null,
    from_day     date        not null,
    program      text        not null,
    program_hash bytea       not null,
    semantics    smallint    not null,
    text         text        not null,
    recorded_at  timestamptz not null default now(),
    constraint program_version_pk primary key (bank, from_day),
    constraint program_version_hash_once unique (bank, program_hash),
    constraint program_version_of_a_bank foreign key (bank) references bank,
    constraint program_version_hash_is_of_the_text check (program_hash = sha256(convert_to(text, 'UTF8')))
);

-- Campaign budgets: leased to lanes in slices, so that no row is hot and replay sees the same room ------------------

create table budget (
    bank      text   not null,
    budget_id text   not null,
    units     bigint not null,
    leased    bigint not null default 0,
    constraint budget_pk primary key (bank, budget_id),
    constraint budget_of_a_bank foreign key (bank) references bank,
    constraint budget_never_overdrawn check (leased between 0 and units)
);

create table budget_lease (
    bank       text     not null,
    budget_id  text     not null,
    topic      text     not null,
    partition  integer  not null,
    generation smallint not null,
    room       bigint   not null,
    constraint budget_lease_pk primary key (bank, budget_id, topic, partition, generation),
    constraint budget_lease_of_a_budget foreign key (bank, budget_id) references budget,
    constraint budget_lease_never_overdrawn check (room >= 0)
) with (fillfactor = 50);

-- Lanes: one order, one position, one chain each --------------------------------------------------------------------

create table lane (
    topic      text     not null,
    partition  integer  not null,
    generation smallint not null,
    next       bigint   not null default 0,
    chain      bytea    not null default '\x',
    unusable_in_a_row integer not null default 0,
    closed     text     not null default '{}',
    constraint lane_pk primary key (topic, partition, generation),
    constraint lane_position_not_negative check (next >= 0),
    constraint lane_partition_not_negative check (partition >= 0)
) with (fillfactor = 50);

create table lane_pause (
    topic      text        not null,
    partition  integer     not null,
    generation smallint    not null,
    position   bigint      not null,
    reason     text        not null,
    paused_at  timestamptz not null default now(),
    constraint lane_pause_pk primary key (topic, partition, generation)
);

create table lane_defect (
    topic      text        not null,
    partition  integer     not null,
    generation smallint    not null,
    position   bigint      not null,
    times      integer     not null default 1,
    text       text        not null,
    last_at    timestamptz not null default now(),
    constraint lane_defect_pk primary key (topic, partition, generation, position),
    constraint lane_defect_happened check (times > 0)
);

create table quarantine (
    topic          text        not null,
    partition      integer     not null,
    generation     smallint    not null,
    "offset"       bigint      not null,
    requested_at   timestamptz not null default now(),
    constraint quarantine_pk primary key (topic, partition, generation, "offset")
);

-- Business days: what sources announced, what closed by it, and how far each lane has come -----------------------------

create table business_day (
    bank          text        not null,
    business_date date        not null,
    source        text        not null,
    through       date        not null,
    event_key     uuid        not null,
    reason        text,
    recorded_at   timestamptz not null default now(),
    constraint business_day_pk primary key (bank, business_date, source),
    constraint business_day_of_a_bank foreign key (bank) references bank,
    constraint business_day_closes_itself check (through >= business_date)
);

create table day_close (
    bank          text        not null,
    business_date date        not null,
    through       date        not null,
    reason        text,
    recorded_at   timestamptz not null default now(),
    constraint day_close_pk primary key (bank, business_date),
    constraint day_close_through_once unique (bank, through),
    constraint day_close_of_a_bank foreign key (bank) references bank,
    constraint day_close_closes_itself check (through >= business_date)
);

create table close_progress (
    bank          text        not null,
    topic         text        not null,
    partition     integer     not null,
    generation    smallint    not null,
    business_date date        not null,
    through       date        not null,
    members       bigint      not null,
    finished      boolean     not null,
    begun_at      timestamptz not null default now(),
    moved_at      timestamptz not null default now(),
    constraint close_progress_pk primary key (bank, topic, partition, generation),
    constraint close_progress_members_not_negative check (members >= 0)
) with (fillfactor = 50);

-- Dedupe, for ever --------------------------------------------------------------------------------------------------

create table seen (
    key         uuid not null,
    fingerprint uuid not null,
    constraint seen_pk primary key (key)
) partition by hash (key);

do $$
begin
    for i in 0..15 loop
        execute format('create table seen_%s partition of seen for values with (modulus 16, remainder %s)', i, i);
    end loop;
end $$;

-- Members: one row each, its balances by point type in arrays of one order ------------------------------------------

create table member (
    bank           text     not null,
    member_id      text     not null,
    version        bigint   not null,
    status         text     not null,
    tier           text,
    score          bigint   not null default 0,
    due_on         date,
    closed_through date,
    partition      integer  not null,
    point_types    text[]   not null default '{}',
    available      bigint[] not null default '{}',
    pending        bigint[] not null default '{}',
    held           bigint[] not null default '{}',
    deficit        bigint[] not null default '{}',
    state          text     not null default '{}',
    constraint member_pk primary key (bank, member_id),
    constraint member_status_known check (status in ('provisional', 'enrolled', 'closed', 'merged', 'unknown')),
    constraint member_version_positive check (version > 0),
    constraint member_score_not_negative check (score >= 0),
    constraint member_available_not_negative check (0 <= all (available)),
    constraint member_pending_not_negative check (0 <= all (pending)),
    constraint member_held_not_negative check (0 <= all (held)),
    constraint member_deficit_not_negative check (0 <= all (deficit)),
    constraint member_balances_of_one_length check (
        cardinality(point_types) = cardinality(available) and cardinality(point_types) = cardinality(pending)
        and cardinality(point_types) = cardinality(held) and cardinality(point_types) = cardinality(deficit))
) with (fillfactor = 60);

create index member_due on member (bank, partition, due_on);

create view balance as
select m.bank, m.member_id, b.point_type, b.available, b.pending, b.held, b.deficit
from member m,
     unnest(m.point_types, m.available, m.pending, m.held, m.deficit)
         as b (point_type, available, pending, held, deficit);

create table balance_day (
    bank          text   not null,
    account       text   not null,
    business_date date   not null,
    member_id     text   not null,
    product       text   not null,
    currency      text   not null,
    balance_minor bigint not null,
    sequence      bigint not null,
    event_key     uuid   not null,
    constraint balance_day_pk primary key (bank, account, business_date)
) with (fillfactor = 80);

create index balance_day_of_member on balance_day (bank, member_id);

-- The ledger: append-only, by month of recording --------------------------------------------------------------------

create sequence journal_seq as bigint;

create table journal (
    seq         bigint      not null,
    topic       text        not null,
    partition   integer     not null,
    generation  smallint    not null,
    asked       bigint      not null,
    next        bigint      not null,
    events      integer     not null,
    records     bytea       not null,
    context     text        not null,
    decided     bytea       not null,
    digest      bytea       not null,
    chain       bytea       not null,
    recorded_at timestamptz not null default now(),
    constraint journal_pk primary key (topic, partition, generation, asked, seq, recorded_at),
    constraint journal_never_goes_back check (next >= asked),
    constraint journal_digest_is_sha256 check (
        octet_length(decided) = 32 and octet_length(digest) = 32 and octet_length(chain) = 32)
) partition by range (recorded_at);

create index journal_by_seq on journal (seq);

create table posting (
    posting_id       uuid        not null,
    bank             text        not null,
    member_id        text        not null,
    member_version   bigint      not null,
    event_key        uuid        not null,
    rule_id          text        not null,
    kind             text        not null,
    program_hash     bytea       not null,
    semantics        smallint    not null,
    point_type       text        not null,
    points           bigint      not null,
    desired_points   bigint      not null,
    capped_by        text,
    basis            bigint      not null,
    rate_numerator   bigint      not null,
    rate_denominator bigint      not null,
    carried          text,
    rounding         text        not null,
    event_day        date        not null,
    business_date    date        not null,
    occurred_at      timestamptz not null,
    expires_on       date,
    restriction      text,
    mcc              text,
    balance_after    bigint      not null,
    amount_minor     bigint,
    releases_on      date,
    awaits           text,
    reverses         uuid,
    period           text,
    exchange_rate    text,
    part             smallint    not null default 0,
    thing            text,
    journal_seq      bigint      not null,
    recorded_at      timestamptz not null default now(),
    constraint posting_pk primary key (bank, member_id, member_version, rule_id, point_type, part, recorded_at),
    constraint posting_kind_known check (kind in ('base', 'bonus', 'multiplier', 'period', 'expired', 'reversed',
                                                  'redeemed', 'returned', 'adjusted', 'opening', 'merged')),
    constraint posting_within_desired check (
        points between 0 and desired_points and desired_points > 0 or points < 0 and points = desired_points
        or kind = 'reversed' and points between desired_points and 0),
    constraint posting_cut_is_named check ((points = desired_points) = (capped_by is null)),
    constraint posting_rate_is_a_fraction check (rate_denominator > 0),
    constraint posting_expires_after_it_was_earned check (expires_on > event_day),
    constraint posting_balance_not_negative check (balance_after >= 0)
) partition by range (recorded_at);

create table allocation (
    bank           text        not null,
    member_id      text        not null,
    member_version bigint      not null,
    debit_id       uuid        not null,
    lot_id         uuid        not null,
    points         bigint      not null,
    journal_seq    bigint      not null,
    recorded_at    timestamptz not null default now(),
    constraint allocation_pk primary key (bank, member_id, member_version, debit_id, lot_id, recorded_at),
    constraint allocation_of_something check (points <> 0)
) partition by range (recorded_at);

create table lot_release (
    bank           text        not null,
    member_id      text        not null,
    member_version bigint      not null,
    event_key      uuid        not null,
    lot_id         uuid        not null,
    points         bigint      not null,
    released_on    date        not null,
    expires_on     date,
    journal_seq    bigint      not null,
    recorded_at    timestamptz not null default now(),
    constraint lot_release_pk primary key (bank, member_id, lot_id),
    constraint lot_release_of_something check (points > 0),
    constraint lot_release_valid_some_time check (expires_on > released_on)
);

create table tier_change (
    bank           text        not null,
    member_id      text        not null,
    member_version bigint      not null,
    event_key      uuid        not null,
    from_tier      text,
    to_tier        text        not null,
    reason         text        not null,
    event_day      date        not null,
    occurred_at    timestamptz not null,
    program_hash   bytea       not null,
    valid_until    date,
    note           text,
    requested_by   text,
    approved_by    text,
    journal_seq    bigint      not null,
    recorded_at    timestamptz not null default now(),
    constraint tier_change_pk primary key (bank, member_id, member_version, to_tier, reason),
    constraint tier_change_changes check (from_tier is distinct from to_tier or reason = 'manual'),
    constraint tier_change_by_hand_has_four_eyes check (
        (reason = 'manual') = (requested_by is distinct from approved_by))
);

create table benefit_grant (
    grant_id            uuid        not null,
    bank                text        not null,
    member_id           text        not null,
    member_version      bigint      not null,
    event_key           uuid        not null,
    benefit_id          text        not null,
    network             text        not null,
    units               integer,
    period              text        not null,
    valid_from          date        not null,
    valid_until         date        not null,
    tier                text        not null,
    value_ceiling_minor bigint,
    discount_percent    smallint,
    program_hash        bytea       not null,
    occurred_at         timestamptz not null,
    journal_seq         bigint      not null,
    recorded_at         timestamptz not null default now(),
    constraint benefit_grant_pk primary key (grant_id),
    constraint benefit_grant_of_something check (units > 0),
    constraint benefit_grant_valid_some_time check (valid_until > valid_from)
);

create index benefit_grant_of_member on benefit_grant (bank, member_id);

create table grant_revocation (
    grant_id       uuid        not null,
    bank           text        not null,
    member_id      text        not null,
    member_version bigint      not null,
    event_key      uuid        not null,
    benefit_id     text        not null,
    network        text        not null,
    units          integer,
    reason         text        not null,
    occurred_at    timestamptz not null,
    journal_seq    bigint      not null,
    recorded_at    timestamptz not null default now(),
    constraint grant_revocation_pk primary key (bank, member_id, grant_id, member_version),
    constraint grant_revocation_of_something check (units > 0),
    constraint grant_revocation_reason_known check (reason in ('downgraded', 'converted'))
);

create table redemption (
    redemption_id  uuid        not null,
    bank           text        not null,
    member_id      text        not null,
    member_version bigint      not null,
    event_key      uuid        not null,
    state          text        not null,
    merchant       text        not null,
    merchant_ref   text        not null,
    network        text        not null,
    request        uuid        not null,
    point_type     text,
    points         bigint      not null,
    captured       bigint      not null,
    returned       bigint      not null,
    expired        bigint      not null,
    benefit_id     text,
    units          integer     not null,
    amount_minor   bigint,
    payable_minor  bigint,
    lots           uuid[]      not null,
    lot_points     bigint[]    not null,
    grants         uuid[]      not null,
    grant_units    integer[]   not null,
    used_on        date        not null,
    lapses_at      timestamptz,
    occurred_at    timestamptz not null,
    program_hash   bytea       not null,
    journal_seq    bigint      not null,
    recorded_at    timestamptz not null default now(),
    constraint redemption_pk primary key (bank, member_id, redemption_id, member_version),
    constraint redemption_state_known check (state in ('held', 'captured', 'voided', 'lapsed', 'reversed')),
    constraint redemption_of_something check (points > 0 and point_type is not null
                                              or points = 0 and units > 0 and benefit_id is not null),
    constraint redemption_within_bounds check (
        0 <= expired and expired <= returned and returned <= captured and captured <= points and units >= 0),
    constraint redemption_parts_are_pairs check (
        cardinality(lots) = cardinality(lot_points) and cardinality(grants) = cardinality(grant_units))
);

create unique index redemption_ends_once on redemption (bank, member_id, redemption_id)
    where state in ('voided', 'lapsed', 'reversed');

create table signal (
    signal_id      uuid        not null,
    bank           text        not null,
    member_id      text        not null,
    member_version bigint      not null,
    event_key      uuid        not null,
    signal         text        not null,
    subject        text,
    priority       text        not null,
    manager        text,
    deputy         text,
    due_on         date,
    amount_minor   bigint,
    currency       text        not null,
    event_day      date        not null,
    business_date  date        not null,
    occurred_at    timestamptz not null,
    program_hash   bytea       not null,
    journal_seq    bigint      not null,
    recorded_at    timestamptz not null default now(),
    constraint signal_pk primary key (signal_id),
    constraint signal_priority_known check (priority in ('low', 'normal', 'high'))
);

create index signal_of_member on signal (bank, member_id);

create table refusal (
    bank           text        not null,
    member_id      text        not null,
    member_version bigint      not null,
    event_key      uuid        not null,
    reason         text        not null,
    detail         text        not null,
    journal_seq    bigint      not null,
    recorded_at    timestamptz not null default now(),
    constraint refusal_pk primary key (bank, event_key)
);

-- What is said, and what could not be used: not ledger, may be pruned once published or retried ---------------------

create table outbox (
    seq           bigint      not null,
    xid           xid8        not null default pg_current_xact_id(),
    messages      bytea       not null,
    message_count integer     not null,
    recorded_at   timestamptz not null default now(),
    published_at  timestamptz,
    constraint outbox_pk primary key (seq, recorded_at),
    constraint outbox_says_something check (message_count > 0)
) partition by range (recorded_at);

create index outbox_waiting on outbox (seq) where published_at is null;

create table dead_letter (
    topic        text        not null,
    partition    integer     not null,
    generation   smallint    not null,
    "offset"     bigint      not null,
    timestamp_ms bigint      not null,
    reason       text        not null,
    detail       text        not null,
    key          bytea,
    value        bytea,
    headers      text        not null,
    digest       bytea       not null,
    recorded_at  timestamptz not null default now(),
    retried_at   timestamptz,
    constraint dead_letter_pk primary key (topic, partition, generation, "offset")
);

create index dead_letter_waiting on dead_letter (recorded_at) where retried_at is null;

-- Storage by month ---------------------------------------------------------------------------------------------------

-- Statement triggers of a partitioned table do not reach a truncate of one partition, so each has its own.
create function never_emptied(ledger text) returns void language plpgsql as $$
begin
    execute format('create or replace trigger %s_never_emptied before truncate on %s '
                   'for each statement execute function refuse_change()', ledger, ledger);
end $$;

create function add_month(month date) returns void language plpgsql as $$
declare
    parent text;
begin
    foreach parent in array array['journal', 'posting', 'allocation', 'outbox'] loop
        execute format('create table if not exists %s_%s partition of %s for values from (%L) to (%L)',
                       parent, to_char(month, 'YYYY_MM'), parent, month, (month + interval '1 month')::date);
        if parent <> 'outbox' then
            perform never_emptied(format('%s_%s', parent, to_char(month, 'YYYY_MM')));
        end if;
    end loop;
end $$;

create table journal_default partition of journal default;
create table posting_default partition of posting default;
create table allocation_default partition of allocation default;
create table outbox_default partition of outbox default;

-- Append-only -------------------------------------------------------------------------------------------------------

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'ledger rows of % are never changed; post a correction instead', tg_table_name
        using errcode = 'restrict_violation';
end $$;

do $$
declare
    ledger text;
begin
    foreach ledger in array array['posting', 'allocation', 'lot_release', 'journal', 'tier_change', 'benefit_grant', 'grant_revocation', 'signal', 'redemption', 'refusal', 'seen', 'program_version',
                                'business_day', 'day_close'] loop
        execute format('create trigger %s_append_only before update or delete on %s '
                       'for each row execute function refuse_change()', ledger, ledger);
        perform never_emptied(ledger);
    end loop;
    foreach ledger in array array['journal_default', 'posting_default', 'allocation_default'] loop
        perform never_emptied(ledger);
    end loop;
    for i in 0..15 loop
        perform never_emptied(format('seen_%s', i));
    end loop;
end $$;

-- Who may ------------------------------------------------------------------------------------------------------------

grant usage on schema points to points_app;
grant select on all tables in schema points to points_app;
grant insert on business_day, day_close to points_app;
grant insert, update on close_progress to points_app;
grant insert on posting, allocation, lot_release, journal, tier_change, benefit_grant, grant_revocation, signal, redemption, refusal, seen to points_app;
grant insert, update on member, balance_day, outbox, dead_letter, budget_lease, lane, lane_defect to points_app;
grant update (leased) on budget to points_app;
grant insert, delete on lane_pause, quarantine to points_app;
grant delete on lane_defect to points_app;
grant usage on sequence journal_seq to points_app;
