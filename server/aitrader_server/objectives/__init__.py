"""Service level objectives: what is promised, how well it is kept, and what follows when not."""
