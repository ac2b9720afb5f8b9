"""Race to Purchase: a checkout engine for the moment when more people want to buy than there is stock."""

__all__ = ["__version__"]

__version__ = "0.1.0"
