"""`python -m race_to_purchase.cli`, as other processes of ours start the command."""

from race_to_purchase.cli import main

main()
