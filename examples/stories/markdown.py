"""Markdown.

Text with headings, links, lists, tables and code.
"""

import millstream as gr

TEXT = """
Frames go **in**, results come *out*: see [the guide](https://example.org).

- any Python function
- at the camera's own pace

| hop | ms |
|---|---:|
| capture | 2.7 |
| handler | 12.8 |

```python
camera.stream(detect, camera, result)
```
"""


def story() -> None:
    gr.Markdown(TEXT)
