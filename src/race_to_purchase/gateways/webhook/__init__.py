"""The merchant is told of what happened: signed, to public addresses alone unless the operator says otherwise."""
