"""Names that vulture reports as unused, although they are needed. `scripts/lint` reads this file.

Tests are not searched, so that code which only its test uses is reported too. Each group says who uses its names. This
file is never run: it only mentions the names.
"""

# Python itself, or a library's class that ours extends, calls them.
_.__getattr__, _.__dir__, _.__signature__
_.handle_starttag, _.handle_endtag, _.handle_data  # html.parser.HTMLParser
_.capture_signals, _.servers, _.wait_closed, _.disconnected, _.ping_timer, _.pong_timer  # uvicorn
_.timeout_graceful_shutdown  # uvicorn
_.redirect_slashes  # Starlette's router
_._clock_resolution  # asyncio's event loop, of which VirtualLoop is one
PageHook, _.initialize, build_data  # hatchling
_.record_autoscaling_stats, StreamsPolicy  # Ray Serve, the second by its path
memo  # copy.deepcopy
_.reducer_override  # pickle

# PyAV passes them on to FFmpeg.
_.bit_rate, _.thread_count, _.pict_type, _.framerate, _.gop_size, _.max_b_frames
_.color_primaries, _.color_trc, _.colorspace, _.color_range

# ONNX Runtime's options.
_.inter_op_num_threads, _.intra_op_num_threads

# Results of the simulation, which its tests read, and fields of its file of costs.
_.gave_up, _.still_running, _.busy_s
gave_up, still_running, idle_kb, machine

# Read by name: Element adds up `ignores`, and the argument check keeps the other two in the class.
ignores, _._positional, _._argument_kinds

# Events of components: apps say `component.input(...)`.
_.input, _.start_recording, _.like, _.blur, _.key_up, _.expand, _.collapse

# Gradio's and FastRTC's names that are accepted and have no meaning, or are another name for one of ours.
speech_threshold, max_speech_duration_s, min_silence_duration_ms, window_size_samples, trim_region_color, copied_value
_.chatbot_value, _.chatbot_state

# Handlers, apps and their tests read them: they are public.
_.received_frames, _.mime_type
_.local_url  # Blocks
_.username, _.previous_value, _.from_xywh, datatypes  # Request, EditData, Boxes
_.feed_in_background, _.played_s, _.clock_offset_us, _.age_p50_s, _.age_p95_s, _.age_max_s  # the Python client
CodecSuite, EngineSuite, LaneSuite, QueueSuite, TransportSuite, _.another, _.room_at, _.lead_to  # millstream.testing

# Numbers on the wire, looked up by value.
JPEG, WEBP

# Named in annotations that are strings, or a parameter of a method that does nothing in the base class.
AbstractContextManager, BatchProgram, OpenAI, Annotation, Color, bits_per_second

# Examples: registered by a decorator, and read by the example's test.
offer_reset, set_back, DELAY

# Part of what the model of the link answers, and of what a message says to the page.
_.queue_s, _.left_us

# IPython asks objects for these.
_._repr_mimebundle_, _._ipython_display_

# MkDocs asks its hooks for it.
on_config
on_page_markdown
