"""`python -m engine` is the command `points`."""

from engine.cli import main

if __name__ == "__main__":
    main()
