"""A contender: the engine's own worker. `relay` as an argument runs the relay in it, `profile FILE` samples it."""

import sys

from engine.settings import load
from engine.work import run_worker


def main() -> None:
    arguments = sys.argv[1:]
    if "profile" not in arguments:
        run_worker(load(), relay="relay" in arguments, leave=True)
        return
    from pyinstrument import Profiler  # noqa: PLC0415  # only where a profile is asked for

    profiler = Profiler(interval=0.002, async_mode="disabled")
    profiler.start()
    try:
        run_worker(load(), relay="relay" in arguments, leave=True)
    finally:
        profiler.stop()
        with open(arguments[arguments.index("profile") + 1], "w", encoding="utf-8") as out:  # noqa: PTH123
            out.write(profiler.output_text(unicode=False, color=False, show_all=True))


if __name__ == "__main__":
    main()
