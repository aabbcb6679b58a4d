-- Every lane with where it stands, whether and why it is paused, and its last defect. No parameters. Locks nothing.
select lane.topic, lane.partition, lane.generation, lane.next, lane.unusable_in_a_row,
       lane_pause.position as paused_position, lane_pause.reason as paused_reason, lane_pause.paused_at,
       (select text from lane_defect d
        where (d.topic, d.partition, d.generation) = (lane.topic, lane.partition, lane.generation)
        order by last_at desc limit 1) as last_defect
from lane
left join lane_pause using (topic, partition, generation)
order by lane.topic, lane.generation, lane.partition
