"""`python -m kong2x`: the same program as `kong2x`."""

from kong2x.cli import main

if __name__ == "__main__":
    main()
