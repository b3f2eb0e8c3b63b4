"""Turn detection: finds in a microphone's audio when somebody speaks. Pure, but for the model in `silero.py`."""
