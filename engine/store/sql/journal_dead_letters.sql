-- Every record that could not be used, to tell them from those that were decided. No parameters. Locks nothing.
select topic, partition, generation, "offset", reason, detail, digest from dead_letter
