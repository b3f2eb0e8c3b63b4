"""A discrete-event model of many users, gateways and GPUs; `docs/scale.md` says what comes of it.

The queue is the real `Admission`, and batches are formed by the real `Former`: both are pure, and told the time. The
rest is modelled, with costs that were measured: `costs.toml`. No real time passes, and a seed gives the same run again.
"""
