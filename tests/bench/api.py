"""The engine's own API as a process. `profile FILE` as arguments samples it."""

import signal
import sys

from engine.api.run import run
from engine.settings import load


def main() -> None:
    """Serves until SIGTERM."""
    if sys.argv[1:2] != ["profile"]:
        run(load())
        return
    from pyinstrument import Profiler  # noqa: PLC0415  # only where a profile is asked for

    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # uvicorn raises it again when it has ended
    profiler = Profiler(interval=0.001, async_mode="disabled")
    profiler.start()
    try:
        run(load())
    finally:
        profiler.stop()
        with open(sys.argv[2], "w", encoding="utf-8") as out:  # noqa: PTH123
            out.write(profiler.output_text(unicode=False, color=False, show_all=True))


if __name__ == "__main__":
    main()
