-- What needs two people over HTTP cannot be had from the database by the application's login alone: keys and merchants
-- stand behind proposals that were approved and carried out, and a proposal goes its way and no other. Who may act as the
-- role that owns the tables may do so alone: it could drop these triggers too.

create function acts_as_owner(of oid) returns boolean stable language sql as $$
    select pg_has_role(current_user, relowner, 'member') from pg_catalog.pg_class where oid = of
$$;

-- An approved key that nobody has taken yet may be rejected or withdrawn.
alter table proposal drop constraint proposal_approved_by_enough;
alter table proposal drop constraint proposal_approved_by_a_request;
alter table proposal
    add constraint proposal_approved_by_enough check (
        case when state = 'proposed' then cardinality(approved_by) < needs
             when state in ('approved', 'carried-out', 'refused') then cardinality(approved_by) >= needs
             else cardinality(approved_by) < needs or kind = 'key' end),
    add constraint proposal_approved_by_a_request check (
        case when state = 'proposed' then request is null
             when state in ('approved', 'carried-out', 'refused') then request is not null
             else request is null or kind = 'key' end);

create function refuse_other_ways() returns trigger language plpgsql set search_path = points, pg_temp as $$
declare
    last text := new.approved_by[cardinality(new.approved_by)];
begin
    if acts_as_owner(tg_relid) then
        return new;
    end if;
    if tg_op = 'INSERT' and (new.state <> 'proposed' or new.approved_by <> '{}') then
        raise exception 'the proposal % does not begin as one ("proposal_begins_undecided")', new.proposal_id
            using errcode = 'restrict_violation', constraint = 'proposal_begins_undecided';
    end if;
    if tg_op = 'UPDATE' and not coalesce(
        (old.state = 'proposed' and new.state in ('proposed', 'approved', 'carried-out', 'rejected', 'withdrawn')
         or old.state = 'approved' and new.state in ('carried-out', 'refused')
         or old.state = 'approved' and new.kind = 'key' and new.state in ('rejected', 'withdrawn'))
        and (new.kind <> 'key' or old.state = 'approved' or new.state <> 'carried-out')
        and (new.approved_by = old.approved_by
             or old.state = 'proposed' and last <> all (old.approved_by)
                and new.approved_by = old.approved_by || last), false) then
        raise exception 'the proposal % does not go from % to % ("proposal_goes_its_way")', new.proposal_id, old.state, new.state
            using errcode = 'restrict_violation', constraint = 'proposal_goes_its_way';
    end if;
    return new;
end $$;

create trigger proposal_goes_its_way before insert or update on proposal
    for each row execute function refuse_other_ways();

-- Looked at when the transaction ends: what was approved is carried out in the same one.
create function refuse_unapproved_key() returns trigger language plpgsql set search_path = points, pg_temp as $$
begin
    if not acts_as_owner(tg_relid) and not exists (
        select from proposal
        where bank = new.bank and subject = new.role || '/' || new.holder and kind = 'key' and state = 'carried-out'
          and result::jsonb ->> 'key_id' = new.key_id
          and change::jsonb -> 'scopes' = to_jsonb(new.scopes)
          and new.expires_at <= coalesce(
              clock_timestamp() + (change::jsonb ->> 'days')::integer * interval '1 day', 'infinity')) then
        raise exception 'nobody approved the key % of % ("api_key_was_approved")', new.key_id, new.bank
            using errcode = 'restrict_violation', constraint = 'api_key_was_approved';
    end if;
    return null;
end $$;

create constraint trigger api_key_was_approved after insert on api_key
    deferrable initially deferred for each row execute function refuse_unapproved_key();

create function refuse_unapproved_merchant() returns trigger language plpgsql set search_path = points, pg_temp as $$
begin
    if not acts_as_owner(tg_relid) and not exists (
        select from proposal
        where bank = new.bank and subject = 'merchant/' || new.merchant and kind = 'merchant-registration'
          and state = 'carried-out' and change::jsonb ->> 'network' = new.network
          and change::jsonb ->> 'region' is not distinct from new.region
          and (change::jsonb ->> 'sandbox')::boolean = new.sandbox) then
        raise exception 'nobody approved the merchant % of % ("merchant_was_approved")', new.merchant, new.bank
            using errcode = 'restrict_violation', constraint = 'merchant_was_approved';
    end if;
    return null;
end $$;

create constraint trigger merchant_was_approved after insert on merchant
    deferrable initially deferred for each row execute function refuse_unapproved_merchant();

-- A key ends, sooner than it would have or at once, and does not begin again.
create function refuse_longer_keys() returns trigger language plpgsql set search_path = points, pg_temp as $$
begin
    if not acts_as_owner(tg_relid)
       and (new.expires_at > old.expires_at
            or old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at) then
        raise exception 'the key % ends and does not begin again ("api_key_only_ends")', old.key_id
            using errcode = 'restrict_violation', constraint = 'api_key_only_ends';
    end if;
    return new;
end $$;

create trigger api_key_only_ends before update on api_key
    for each row execute function refuse_longer_keys();

-- What else there is of keys and merchants stays as it was approved.
revoke update on api_key, merchant, network from points_app;
grant update (expires_at, revoked_at, signed, signing_number, signed_before_until) on api_key to points_app;
grant update (status, per_hour, per_day) on merchant to points_app;

-- A login that may act as the application need not do so: it is held to the same of program versions.
create or replace function refuse_unapproved() returns trigger language plpgsql set search_path = points, pg_temp as $$
begin
    if not acts_as_owner(tg_relid) and not exists (
        select from proposal
        where bank = new.bank and kind = 'program-activation' and state = 'carried-out'
          and subject = 'program/' || encode(new.program_hash, 'hex')) then
        raise exception 'nobody approved the version % of % ("program_version_was_approved")', new.from_day, new.bank
            using errcode = 'restrict_violation', constraint = 'program_version_was_approved';
    end if;
    return null;
end $$;

create or replace function refuse_budget_alone() returns trigger language plpgsql set search_path = points, pg_temp as $$
begin
    if not acts_as_owner(tg_relid) and not exists (
        select from program_version where bank = new.bank and xmin = pg_current_xact_id()::xid) then
        raise exception 'a budget of % changes with a program version alone', new.bank
            using errcode = 'restrict_violation', constraint = 'budget_comes_with_a_version';
    end if;
    return new;
end $$;
