"""What players are given: audio, video and subtitles."""
