"""Apps in notebooks: the kernel that runs this program, the cells that launched an app, the frame below a cell."""
