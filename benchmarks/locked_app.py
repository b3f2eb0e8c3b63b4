"""The app with a login that the benchmarks drive."""

from benchmarks.echo_app import declare, echo

if __name__ == "__main__":
    declare(echo, "640x480").launch(server_port=0, auth=("ann", "secret"))
