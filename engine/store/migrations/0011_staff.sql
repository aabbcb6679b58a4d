-- The bank's own people: what one proposes and another decides, and the trail of who did what.

-- What staff asked for, for ever: a write that is no member's event is named here as an event is in `seen`; its answer
-- stands beside those of commands.
create table staff_request (
    event_key   uuid        not null,
    fingerprint bytea       not null,
    recorded_at timestamptz not null default now(),
    constraint staff_request_pk primary key (event_key),
    constraint staff_request_fingerprint_is_16_bytes check (octet_length(fingerprint) = 16)
);

-- `request` names the write by which it was finally approved: under that name it is carried out, once.
create table proposal (
    proposal_id   uuid        not null,
    bank          text        not null,
    kind          text        not null,
    subject       text        not null,
    change        text        not null,
    reason        text        not null,
    case_ref      text,
    proposed_by   text        not null,
    proposed_at   timestamptz not null,
    expires_at    timestamptz not null,
    needs         smallint    not null,
    approved_by   text[]      not null default '{}',
    request       text,
    state         text        not null default 'proposed',
    decided_by      text,
    decided_at      timestamptz,
    decided_because text,
    result        text,
    constraint proposal_pk primary key (proposal_id),
    constraint proposal_of_a_bank foreign key (bank) references bank,
    constraint proposal_state_known check (
        state in ('proposed', 'approved', 'carried-out', 'refused', 'rejected', 'withdrawn')),
    constraint proposal_valid_some_time check (expires_at > proposed_at),
    constraint proposal_needs_somebody check (needs between 1 and 5),
    constraint proposal_has_four_eyes check (proposed_by <> all (approved_by)),
    constraint proposal_approved_by_enough check (
        (state in ('approved', 'carried-out', 'refused')) = (cardinality(approved_by) >= needs)),
    constraint proposal_approved_by_a_request check (
        (state in ('approved', 'carried-out', 'refused')) = (request is not null)),
    constraint proposal_decided_by_somebody check (
        (state = 'proposed') = (decided_at is null) and (decided_at is null) = (decided_by is null))
);

create index proposal_of_bank on proposal (bank, proposed_at, proposal_id);
create index proposal_about on proposal (bank, subject);
create index proposal_to_carry_out on proposal (decided_at) where state = 'approved';

-- Numbered without a gap, each entry chained to the one before it: `points audit` reads the chain. Of no bank is what
-- concerns the engine alone.
create table audit_trail (
    trail_number bigint      not null,
    bank         text,
    recorded_at  timestamptz not null,
    role         text        not null,
    person       text        not null,
    key_id       text,
    request_id   text        not null,
    action       text        not null,
    subject      text        not null,
    before       text,
    after        text,
    chain        bytea       not null,
    constraint audit_trail_pk primary key (trail_number),
    constraint audit_trail_numbered check (trail_number > 0),
    constraint audit_trail_chain_is_sha256 check (octet_length(chain) = 32)
);

create index audit_trail_of_bank on audit_trail (bank, trail_number);
create index audit_trail_about on audit_trail (bank, subject, trail_number);

-- All that is kept about a member is found by the member.
create index refusal_of_member on refusal (bank, member_id);
create index merchant_reference_of_member on merchant_reference (bank, member_id);
create index code_of_member on code (bank, member_id);

do $$
declare
    kept text;
begin
    foreach kept in array array['staff_request', 'audit_trail'] loop
        execute format('create trigger %s_append_only before update or delete on %s '
                       'for each row execute function refuse_change()', kept, kept);
        perform never_emptied(kept);
    end loop;
    foreach kept in array array['proposal', 'audit_trail'] loop
        execute format('alter table %s enable row level security', kept);
        execute format('grant select on %s to points_api', kept);
        execute format('create policy %s_seen on %s for select to points_api using '
                       '(bank = seen_bank() and seen_merchant() is null)', kept, kept);
    end loop;
end $$;

grant select, insert on staff_request, audit_trail, proposal to points_app;
grant delete on notification_preference to points_app;
grant update (approved_by, request, state, decided_by, decided_at, decided_because, result) on proposal to points_app;
