"""The ways of signing in, one module each, and what they have in common. Which one is taken is left to ``login``."""
