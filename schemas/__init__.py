"""What is said: events in, messages out, and the contracts of both. No logic, no I/O, no clock."""
