-- Settlement: what the bank agreed with merchants, and the files by which it pays them. Append-only like the ledger.

-- What a merchant is paid for a benefit's units or for points, from a day on. A share is its number of all of them, so
-- that shares always come to the whole.
create table contract (
    bank                text        not null,
    merchant            text        not null,
    kind                text        not null,
    item                text        not null,
    from_day            date        not null,
    currency            text        not null,
    pays                text        not null,
    rate_numerator      bigint      not null,
    rate_denominator    bigint      not null,
    without_price_minor bigint,
    funders             text[]      not null,
    shares              bigint[]    not null,
    recorded_at         timestamptz not null default now(),
    constraint contract_pk primary key (bank, merchant, kind, item, from_day),
    constraint contract_of_a_bank foreign key (bank) references bank,
    constraint contract_pays_for_its_kind check (
        kind = 'benefit' and pays in ('per-unit', 'share-of-price') or kind = 'points' and pays = 'per-point'),
    constraint contract_rate_not_negative check (rate_numerator >= 0 and rate_denominator > 0),
    constraint contract_share_is_of_the_price check (pays <> 'share-of-price' or rate_numerator <= rate_denominator),
    constraint contract_pays_without_a_price check (
        (pays = 'share-of-price') = (without_price_minor is not null) and coalesce(without_price_minor, 0) >= 0),
    constraint contract_is_funded check (
        cardinality(funders) > 0 and cardinality(funders) = cardinality(shares) and 0 < all (shares))
);

-- A merchant's files: numbers without a gap, each of the journal's numbers in (after_seq, through_seq], which begins
-- where the file before ends.
create table settlement_file (
    bank          text        not null,
    merchant      text        not null,
    number        bigint      not null,
    previous      bigint      generated always as (nullif(number, 1) - 1) stored,
    business_date date        not null,
    currency      text        not null,
    after_seq     bigint      not null,
    through_seq   bigint      not null,
    captures      bigint      not null,
    returns       bigint      not null,
    value_minor   bigint      not null,
    amount_minor  bigint      not null,
    digest        bytea       not null,
    recorded_at   timestamptz not null default now(),
    constraint settlement_file_pk primary key (bank, merchant, number),
    constraint settlement_file_day_once unique (bank, merchant, business_date),
    constraint settlement_file_of_a_bank foreign key (bank) references bank,
    constraint settlement_file_number_positive check (number > 0),
    constraint settlement_file_begins_at_nothing check (number > 1 or after_seq = 0),
    constraint settlement_file_goes_on check (through_seq >= after_seq),
    constraint settlement_file_counts_not_negative check (captures >= 0 and returns >= 0),
    constraint settlement_file_digest_is_sha256 check (octet_length(digest) = 32)
);

-- The primary key makes these unique already; a foreign key needs an index of exactly the columns it refers to.
create unique index settlement_file_end on settlement_file (bank, merchant, number, through_seq);
alter table settlement_file add constraint settlement_file_follows foreign key (bank, merchant, previous, after_seq)
    references settlement_file (bank, merchant, number, through_seq);

create table settlement_line (
    bank             text        not null,
    merchant         text        not null,
    number           bigint      not null,
    line             bigint      not null,
    step             text        not null,
    redemption_id    uuid        not null,
    member_version   bigint      not null,
    merchant_ref     text        not null,
    benefit_id       text,
    units            bigint      not null,
    point_type       text,
    points           bigint      not null,
    price_minor      bigint,
    value_minor      bigint      not null,
    amount_minor     bigint      not null,
    terms            text        not null,
    funded           text        not null,
    corrects_number  bigint,
    corrects_line    bigint,
    used_on          date        not null,
    occurred_at      timestamptz not null,
    journal_seq      bigint      not null,
    recorded_at      timestamptz not null default now(),
    constraint settlement_line_pk primary key (bank, merchant, number, line),
    constraint settlement_line_settled_once unique (bank, redemption_id, member_version),
    constraint settlement_line_of_a_file foreign key (bank, merchant, number)
        references settlement_file (bank, merchant, number) deferrable initially deferred,
    constraint settlement_line_corrects_another foreign key (bank, merchant, corrects_number, corrects_line)
        references settlement_line (bank, merchant, number, line) deferrable initially deferred,
    constraint settlement_line_number_positive check (line > 0),
    constraint settlement_line_return_corrects check (
        (step = 'return') = (corrects_line is not null) and (corrects_number is null) = (corrects_line is null)),
    constraint settlement_line_moves_one_way check (
        step = 'capture' and units >= 0 and points >= 0 or step = 'return' and units <= 0 and points <= 0)
);

create index redemption_of_merchant on redemption (bank, merchant, journal_seq);

do $$
declare
    ledger text;
begin
    foreach ledger in array array['contract', 'settlement_file', 'settlement_line'] loop
        execute format('create trigger %s_append_only before update or delete on %s '
                       'for each row execute function refuse_change()', ledger, ledger);
        perform never_emptied(ledger);
        execute format('grant select, insert on %s to points_app', ledger);
        execute format('alter table %s enable row level security', ledger);
        execute format('grant select on %s to points_api', ledger);
        execute format('create policy %s_seen on %s for select to points_api using '
                       '(bank = seen_bank() and (seen_merchant() is null or merchant = seen_merchant()))',
                       ledger, ledger);
    end loop;
end $$;

-- The cut-off reads which number was drawn last.
grant select on sequence journal_seq to points_app;
