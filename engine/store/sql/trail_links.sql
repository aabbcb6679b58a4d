-- Entries of the audit trail with their links. $1 int8[] their numbers. Locks nothing.
select trail_number, chain from audit_trail where trail_number = any ($1::int8[])
