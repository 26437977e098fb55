"""Why an export stops."""


class ExportRefused(ValueError):
    """Nothing was published; the message says why and what to do."""
