"""The words that the rules know, in the order of what they are about."""
