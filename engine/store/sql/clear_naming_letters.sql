-- Of the next dead letters clears those that name members who were erased in quotes, in the value or in a header, but not
-- those under another bank's key; answers the place of the last that was looked at, no row behind the last of all.
-- $1 text[] banks, $2 text[] member ids; those behind $3 text topic, $4 int4 partition, $5 int2 generation,
-- $6 int8 offset, $7 int4 at most so many. Locks: the rows cleared.
with looked as materialized (
    select topic, partition, generation, "offset"
    from dead_letter
    where (topic, partition, generation, "offset") > ($3::text, $4::int4, $5::int2, $6::int8)
    order by topic, partition, generation, "offset"
    limit $7::int4
), cleared as (
    update dead_letter letter
    set value = null, headers = '[]', digest = '', detail = 'erased with its member'
    from looked, unnest($1::text[], $2::text[]) as erased (bank, member_id)
    where (letter.topic, letter.partition, letter.generation, letter."offset")
          = (looked.topic, looked.partition, looked.generation, looked."offset")
      and (letter.value is not null or letter.headers <> '[]')
      and (position(convert_to('"' || erased.member_id || '"', 'UTF8') in letter.value) > 0
           or position('"' || encode(convert_to(erased.member_id, 'UTF8'), 'hex') || '"' in letter.headers) > 0)
      and not exists (select from bank other
                      where other.bank <> erased.bank
                        and position(convert_to(other.bank || '/', 'UTF8') in coalesce(letter.key, '')) = 1)
)
select topic, partition, generation, "offset"
from looked
order by topic desc, partition desc, generation desc, "offset" desc
limit 1
