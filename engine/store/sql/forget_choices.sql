-- Forgets what a customer chose to be told. $1 text bank, $2 text member id. Locks: its row.
delete from notification_preference where bank = $1::text and member_id = $2::text
