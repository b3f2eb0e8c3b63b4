"""Sources of players: audio, video and subtitles."""
