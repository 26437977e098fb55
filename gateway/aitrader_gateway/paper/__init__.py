"""The paper venue: an exchange in this process that fills orders against quotes."""
