-- Channels: what customers want to be told, and what managers made of the signals they were given.

create table notification_preference (
    bank             text        not null,
    member_id        text        not null,
    balance_changed  boolean     not null,
    expiring_days    integer,
    tier_will_change boolean     not null,
    chosen_via       text        not null,
    chosen_at        timestamptz not null default now(),
    constraint notification_preference_pk primary key (bank, member_id),
    constraint notification_preference_days_bounded check (expiring_days between 1 and 366)
);

-- What was done about a signal: the row with the highest number says how it stands, the others who did what before.
create table signal_work (
    bank        text        not null,
    signal_id   uuid        not null,
    work_number bigint      not null generated always as identity,
    state       text        not null,
    until       date,
    person      text        not null,
    via         text        not null,
    recorded_at timestamptz not null default now(),
    constraint signal_work_pk primary key (bank, signal_id, work_number),
    constraint signal_work_of_a_signal foreign key (signal_id) references signal,
    constraint signal_work_state_known check (state in ('open', 'snoozed', 'done')),
    constraint signal_work_is_snoozed_until_a_day check ((state = 'snoozed') = (until is not null))
);

create trigger signal_work_append_only before update or delete on signal_work
    for each row execute function refuse_change();
select never_emptied('signal_work');

create index signal_of_manager on signal (bank, manager);
create index signal_of_deputy on signal (bank, deputy) where deputy is not null;

grant select, insert, update on notification_preference to points_app;
grant select, insert on signal_work to points_app;

do $$
declare
    of_bank text;
begin
    foreach of_bank in array array['notification_preference', 'signal_work'] loop
        execute format('alter table %s enable row level security', of_bank);
        execute format('grant select on %s to points_api', of_bank);
        execute format('create policy %s_seen on %s for select to points_api using '
                       '(bank = seen_bank() and seen_merchant() is null)', of_bank, of_bank);
    end loop;
end $$;
