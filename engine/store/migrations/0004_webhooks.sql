-- Webhooks: where merchants want to be told, and what each is still to be told. Not ledger: may be pruned.

-- Rows of before were written without the mark and are told to nobody.
alter table outbox add column for_merchants boolean not null default false;
alter table outbox alter column for_merchants set default true;
alter table outbox add column spread_at timestamptz;
create index outbox_to_spread on outbox (seq) where for_merchants and spread_at is null;

create table webhook_endpoint (
    endpoint_id    text        not null,
    bank           text        not null,
    merchant       text        not null,
    name           text        not null,
    networks       text[]      not null,
    url            text        not null,
    paused_at      timestamptz,
    paused_because text,
    failing_since  timestamptz,
    recorded_at    timestamptz not null default now(),
    constraint webhook_endpoint_pk primary key (endpoint_id),
    constraint webhook_endpoint_named unique (bank, merchant, name),
    constraint webhook_endpoint_of_a_bank foreign key (bank) references bank,
    constraint webhook_endpoint_pause_has_a_reason check ((paused_at is null) = (paused_because is null)),
    constraint webhook_endpoint_url_bounded check (length(url) between 8 and 2048)
);

-- A secret is derived from its endpoint, its number and a key that is not in the database.
create table webhook_secret (
    endpoint_id text        not null,
    number      integer     not null,
    recorded_at timestamptz not null default now(),
    expires_at  timestamptz not null default 'infinity',
    constraint webhook_secret_pk primary key (endpoint_id, number),
    constraint webhook_secret_of_an_endpoint foreign key (endpoint_id) references webhook_endpoint on delete cascade,
    constraint webhook_secret_numbered check (number > 0)
);

-- Of a strand, a member's messages to one endpoint, the first that waits has a time when it is due; those behind it none.
create table webhook_delivery (
    endpoint_id text        not null,
    seq         bigint      not null,
    n           integer     not null,
    strand      bytea       not null,
    message_id  text        not null,
    body        bytea       not null,
    state       text        not null default 'waiting',
    tries       integer     not null default 0,
    due_at      timestamptz,
    answer      text,
    recorded_at timestamptz not null default now(),
    ended_at    timestamptz,
    constraint webhook_delivery_pk primary key (endpoint_id, seq, n),
    constraint webhook_delivery_to_an_endpoint foreign key (endpoint_id) references webhook_endpoint on delete cascade,
    constraint webhook_delivery_state_known check (state in ('waiting', 'delivered', 'failed')),
    constraint webhook_delivery_ended_or_waits check ((state = 'waiting') = (ended_at is null)),
    constraint webhook_delivery_due_while_it_waits check (due_at is null or state = 'waiting')
) with (fillfactor = 70);

create index webhook_delivery_due on webhook_delivery (endpoint_id, due_at) where due_at is not null;
create index webhook_delivery_in_order on webhook_delivery (endpoint_id, strand, seq, n) where state = 'waiting';
create index webhook_delivery_ended on webhook_delivery (ended_at) where ended_at is not null;

grant select, insert, update, delete on webhook_endpoint, webhook_secret, webhook_delivery to points_app;

-- A merchant's transaction sees its own. A secret's row holds its number, and none is in the database.
alter table webhook_endpoint enable row level security;
alter table webhook_delivery enable row level security;
alter table webhook_secret enable row level security;
grant select on webhook_endpoint, webhook_delivery, webhook_secret to points_api;
create policy webhook_endpoint_seen on webhook_endpoint for select to points_api
    using (bank = seen_bank() and (seen_merchant() is null or merchant = seen_merchant()));
create policy webhook_delivery_seen on webhook_delivery for select to points_api
    using (exists (select from webhook_endpoint e where e.endpoint_id = webhook_delivery.endpoint_id));
create policy webhook_secret_seen on webhook_secret for select to points_api
    using (exists (select from webhook_endpoint e where e.endpoint_id = webhook_secret.endpoint_id));
