-- New members. A parameter is a column, its texts joined by the unit separator,
-- an empty one for null. $1 text banks, $2 text member ids, $3 text versions, $4 text statuses, $5 text tiers,
-- $6 text scores, $7 text due on, $8 text closed through, $9 text point types, $10 text available, $11 text pending,
-- $12 text held, $13 text deficit, each of $9 to $13 an array, $14 text states, $15 text partitions.
-- A member that appeared meanwhile breaks member_pk, and the batch is decided again.
-- Locks: the new rows.
insert into member (bank, member_id, version, status, tier, score, due_on, closed_through, point_types, available,
                    pending, held, deficit, state, partition)
select bank, member_id, version, status, tier, score, due_on, closed_through, point_types::text[], available::bigint[],
       pending::bigint[], held::bigint[], deficit::bigint[], state, partition
from unnest(string_to_array($1::text, chr(31)), string_to_array($2::text, chr(31)),
            string_to_array($3::text, chr(31))::int8[], string_to_array($4::text, chr(31)),
            string_to_array($5::text, chr(31), ''), string_to_array($6::text, chr(31))::int8[],
            string_to_array($7::text, chr(31), '')::date[], string_to_array($8::text, chr(31), '')::date[],
            string_to_array($9::text, chr(31)), string_to_array($10::text, chr(31)), string_to_array($11::text, chr(31)),
            string_to_array($12::text, chr(31)), string_to_array($13::text, chr(31)), string_to_array($14::text, chr(31)),
            string_to_array($15::text, chr(31))::int4[])
     as told (bank, member_id, version, status, tier, score, due_on, closed_through, point_types, available, pending,
              held, deficit, state, partition)
