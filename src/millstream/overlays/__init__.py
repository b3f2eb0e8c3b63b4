"""Marks on an image as data: boxes, keypoints, masks, lines and texts, which the page draws. Pure."""
