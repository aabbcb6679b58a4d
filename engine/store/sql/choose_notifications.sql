-- What a member wants to be told from now on. $1 text bank, $2 text member id, $3 boolean when its balance changed,
-- $4 int4 days before points expire or null, $5 boolean when its tier will change, $6 text which caller says so.
-- Locks: the member's row of preferences.
insert into notification_preference as p (bank, member_id, balance_changed, expiring_days, tier_will_change, chosen_via)
values ($1::text, $2::text, $3::boolean, $4::int4, $5::boolean, $6::text)
on conflict on constraint notification_preference_pk do update
set balance_changed = excluded.balance_changed, expiring_days = excluded.expiring_days,
    tier_will_change = excluded.tier_will_change, chosen_via = excluded.chosen_via, chosen_at = now()
