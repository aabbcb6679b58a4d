-- How many redemptions a merchant may begin in an hour and on a day, and how many it began. Of a day the hours are counted
-- from its beginning in the program's zone: 23, 24 or 25 of them.

alter table merchant
    add column per_hour integer,
    add column per_day  integer,
    add constraint merchant_begins_some_an_hour check (per_hour > 0),
    add constraint merchant_begins_some_a_day check (per_day > 0);

create table merchant_pace (
    bank     text      not null,
    merchant text      not null,
    day      date      not null,
    of_hours integer[] not null,
    constraint merchant_pace_pk primary key (bank, merchant, day),
    constraint merchant_pace_of_a_merchant foreign key (bank, merchant) references merchant,
    constraint merchant_pace_has_25_hours check (cardinality(of_hours) = 25)
) with (fillfactor = 50);

grant select, insert, update (of_hours) on merchant_pace to points_app;
