"""System checks: what can be known to be wrong before anybody is served."""
