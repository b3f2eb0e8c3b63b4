"""Names that exist only because Gradio, FastRTC or tqdm spell them so."""
