-- What a member wants to be told. $1 text bank, $2 text member id. Locks nothing.
select balance_changed, expiring_days, tier_will_change from notification_preference
where bank = $1::text and member_id = $2::text
