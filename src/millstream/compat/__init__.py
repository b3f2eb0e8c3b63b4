"""What exists only because Gradio, FastRTC or tqdm spell it so."""
