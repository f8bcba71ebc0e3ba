"""What all tests share."""

from hypothesis import settings

# Hypothesis fails a test that takes 0.2 s; a loaded machine is no fault of the code.
settings.register_profile("course", deadline=None)
settings.load_profile("course")
