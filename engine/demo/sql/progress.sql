-- How far the engine is: records passed, postings, and outbox rows still to publish. No parameters. Locks nothing.
select (select coalesce(sum(next), 0) from lane)::int8 as passed,
       (select count(*) from outbox where published_at is null) as waiting
