"""`python -m imgkernels` and the `imgkernels` command."""

from imgkernels.shells.app import main

if __name__ == "__main__":
    main()
