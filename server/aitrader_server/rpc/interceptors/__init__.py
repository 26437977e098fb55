"""What every call passes, outermost first in `chain.py`; one idea a file."""
