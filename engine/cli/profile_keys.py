"""`points profile-keys`: the keys under which members' profiles are sealed, and the exchange of the master key."""

import typer

from engine.cli.asking import asked
from engine.cli.output import console, table
from engine.settings import load
from engine.store.sql import statement

app = typer.Typer(help="The keys of members' profiles, and the exchange of their master key.", no_args_is_help=True)


@app.command("list")
def listed() -> None:
    """Show how many keys there are under which master key, by its name."""
    from engine.sealing import Masters

    settings = load()
    current = Masters.of(settings).current.name
    rows = asked(settings, lambda pool: pool.fetch(statement("count_keys")))
    table("Profile keys", ("master key", "in force", "keys"),
          [(r["wrapped_by"], "yes" if r["wrapped_by"] == current else "no", r["keys"]) for r in rows])  # fmt: skip


@app.command()
def rewrap() -> None:
    """Put every key under POINTS_PROFILE_KEY that is still under POINTS_PROFILE_KEY_BEFORE; workers go on meanwhile."""
    from engine.sealing import Masters
    from engine.store.rewrapping import rewrapped

    settings = load()
    masters = Masters.of(settings)
    count = asked(settings, lambda pool: rewrapped(pool, masters))
    console.print(f"{count:,} keys were put under {masters.current.name}; all are now")
