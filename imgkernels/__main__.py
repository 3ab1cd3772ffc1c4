"""`python -m imgkernels` and the `imgkernels` command."""

from imgkernels.shells.main import main

if __name__ == "__main__":
    main()
