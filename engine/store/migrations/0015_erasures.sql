-- Who was erased is named in dead letters under other keys too: they are looked for behind the erasure, not in it.

create table erasure (
    erasure_number bigint      not null generated always as identity,
    bank           text        not null,
    member_id      text        not null,
    recorded_at    timestamptz not null default now(),
    constraint erasure_pk primary key (erasure_number),
    constraint erasure_of_a_member foreign key (bank, member_id) references member
);

-- By hash, for a record's key may be longer than a tree takes.
create index dead_letter_of_key on dead_letter using hash (key);

grant select, insert, delete on erasure to points_app;
