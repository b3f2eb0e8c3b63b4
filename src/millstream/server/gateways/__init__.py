"""One of several gateways: what belongs to a sibling is passed on to it, and figures are collected from all."""
