"""The app of the benchmarks that is behind a login."""

from benchmarks.echo_app import demo

if __name__ == "__main__":
    demo.launch(server_port=0, auth=("ann", "secret"))
