"""Files and containers of images, audio and video: what is in them, and how they are read and written."""
