-- Profiles are sealed in the journal, each member's under a key of its own, which goes when the member is erased. Slices
-- that were recorded before stay readable as they are.

create table member_key (
    bank       text  not null,
    member_id  text  not null,
    key_id     uuid  not null,
    wrapped    bytea not null,
    wrapped_by text  not null,
    constraint member_key_pk primary key (bank, member_id),
    constraint member_key_of_a_member foreign key (bank, member_id) references member,
    constraint member_key_id_once unique (key_id),
    constraint member_key_is_named check (wrapped_by ~ '^[0-9a-f]{16}$')
);

create index member_key_wrapped on member_key (wrapped_by);

create table fingerprint_key (
    one        boolean not null default true,
    key_id     uuid    not null,
    wrapped    bytea   not null,
    wrapped_by text    not null,
    constraint fingerprint_key_pk primary key (one),
    constraint fingerprint_key_has_one_row check (one),
    constraint fingerprint_key_is_named check (wrapped_by ~ '^[0-9a-f]{16}$')
);

grant select, insert, delete on member_key to points_app;
grant update (wrapped, wrapped_by) on member_key to points_app;
grant select, insert on fingerprint_key to points_app;
grant update (wrapped, wrapped_by) on fingerprint_key to points_app;
grant delete on outbox, dead_letter to points_app;
