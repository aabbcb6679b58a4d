"""A cinema chain's client of a bank's points engine: what its tills ask, what it is told, what it is paid."""
