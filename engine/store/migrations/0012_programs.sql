-- Program versions on their way into force: what was uploaded, and what each would have made of the bank's history.

create table program_candidate (
    bank         text        not null,
    program_hash bytea       not null,
    from_day     date        not null,
    program      text        not null,
    text         text        not null,
    findings     text        not null,
    uploaded_by  text        not null,
    recorded_at  timestamptz not null default now(),
    constraint program_candidate_pk primary key (bank, program_hash),
    constraint program_candidate_of_a_bank foreign key (bank) references bank,
    constraint program_candidate_hash_is_of_the_text check (program_hash = sha256(convert_to(text, 'UTF8')))
);

create table program_backtest (
    bank            text        not null,
    program_hash    bytea       not null,
    backtest_number bigint      not null generated always as identity,
    since           date        not null,
    through         date        not null,
    report          text        not null,
    recorded_at     timestamptz not null default now(),
    constraint program_backtest_pk primary key (bank, program_hash, backtest_number),
    constraint program_backtest_of_a_candidate foreign key (bank, program_hash) references program_candidate,
    constraint program_backtest_of_closed_days check (through >= since)
);

-- A record that could not be used is of the bank that its key names: whose else it might be, its source may tell.
alter table dead_letter add column bank text
    generated always as (split_part(encode(key, 'escape'), '/', 1)) stored;
create index dead_letter_of_bank on dead_letter (bank, recorded_at);

do $$
declare
    kept text;
begin
    foreach kept in array array['program_candidate', 'program_backtest'] loop
        execute format('create trigger %s_append_only before update or delete on %s '
                       'for each row execute function refuse_change()', kept, kept);
        perform never_emptied(kept);
    end loop;
    foreach kept in array array['program_candidate', 'program_backtest', 'dead_letter'] loop
        execute format('alter table %s enable row level security', kept);
        execute format('grant select on %s to points_api', kept);
        execute format('create policy %s_seen on %s for select to points_api using '
                       '(bank = seen_bank() and seen_merchant() is null)', kept, kept);
    end loop;
end $$;

grant select, insert on program_candidate, program_backtest to points_app;

-- What two people approved comes into force by the API, which may add versions and change none: none that nobody
-- approved, and no budget but with a version. Looked at when the transaction ends, since it is approved in it.
create function refuse_unapproved() returns trigger language plpgsql as $$
begin
    if current_user = 'points_app' and not exists (
        select from proposal
        where bank = new.bank and kind = 'program-activation' and state = 'carried-out'
          and subject = 'program/' || encode(new.program_hash, 'hex')) then
        raise exception 'nobody approved the version % of % ("program_version_was_approved")', new.from_day, new.bank
            using errcode = 'restrict_violation', constraint = 'program_version_was_approved';
    end if;
    return null;
end $$;

create constraint trigger program_version_was_approved after insert on program_version
    deferrable initially deferred for each row execute function refuse_unapproved();

create function refuse_budget_alone() returns trigger language plpgsql as $$
begin
    if current_user = 'points_app' and not exists (
        select from program_version where bank = new.bank and xmin = pg_current_xact_id()::xid) then
        raise exception 'a budget of % changes with a program version alone', new.bank
            using errcode = 'restrict_violation', constraint = 'budget_comes_with_a_version';
    end if;
    return new;
end $$;

create trigger budget_comes_with_a_version before insert or update of units on budget
    for each row execute function refuse_budget_alone();

grant insert on program_version, budget to points_app;
grant update (units) on budget to points_app;
grant update (revision) on registry to points_app;
