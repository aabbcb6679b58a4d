-- Members' keys, wrapped, by their ids; those that were destroyed have no row. $1 uuid[] ids. Locks nothing.
select bank, member_id, key_id, wrapped, wrapped_by from member_key where key_id = any ($1::uuid[])
