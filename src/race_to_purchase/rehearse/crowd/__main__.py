"""The entry point of a process full of simulated people."""

from race_to_purchase.rehearse.crowd.crowd import main

if __name__ == "__main__":
    main()
