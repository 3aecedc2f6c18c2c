"""`python -m newswatch` is the same as `newswatch`."""

from newswatch.cli.main import run

if __name__ == "__main__":
    run()
