"""Who speaks, and when: turns are found in what a microphone hears. Pure, but for the model in `silero.py`."""
