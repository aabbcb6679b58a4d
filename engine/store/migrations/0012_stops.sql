-- What a bank's operator stops: all redemptions, those of a network, of a merchant, or of a benefit. Who stopped and
-- resumed it, when and why, stays.

create table stop (
    bank       text        not null,
    kind       text        not null,
    name       text        not null,
    stopped_at timestamptz not null default clock_timestamp(),
    stopped_by text        not null,
    reason     text        not null,
    resumed_at timestamptz,
    resumed_by text,
    constraint stop_pk primary key (bank, kind, name, stopped_at),
    constraint stop_of_a_bank foreign key (bank) references bank,
    constraint stop_kind_known check (kind in ('everything', 'network', 'merchant', 'benefit')),
    constraint stop_of_everything_has_no_name check ((kind = 'everything') = (name = '')),
    constraint stop_has_a_reason check (length(reason) between 1 and 400 and length(stopped_by) between 1 and 64),
    constraint stop_is_resumed_by_somebody check ((resumed_at is null) = (resumed_by is null))
);
create unique index stop_in_force on stop (bank, kind, name) where resumed_at is null;

-- Whoever stops something has every process read the registry again.
grant update (revision) on registry to points_app;
grant select, insert, update (resumed_at, resumed_by) on stop to points_app;
