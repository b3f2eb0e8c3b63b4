"""The protocol between page and server: bytes in, values out; no socket, no loop, no clock.

A WebSocket message is binary. Its first byte tells what it is: a media packet begins with the protocol version
(below 0x80), a control message is a MessagePack map (0x80 and above).
"""
