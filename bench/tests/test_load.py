import socket
import threading

import pytest

from bench.load import drive


@pytest.fixture
def serve():
    """Start a server that answers every request of one connection with the given chunks, a status line first."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(chunks):
        connection, _ = listener.accept()
        with connection:
            while connection.recv(65536):
                for chunk in chunks:
                    connection.sendall(chunk)

    def start(*chunks):
        threading.Thread(target=answer, args=[chunks], daemon=True).start()
        return listener.getsockname()[1]

    with listener:
        yield start


def test_each_single_use_request_is_sent_once_and_its_whole_answer_counted(serve):
    port = serve(b"HTTP/1.1 200 OK\r\nContent-", b"Length: 5\r\n\r\nwo", b"rld")

    sample = drive(port, [b"first", b"second"], connections=1, seconds=30, once=True, expect="200")

    assert len(sample.milliseconds) == 2
    assert sample.bytes_received == 2 * len(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nworld")
    assert not sample.errors


def test_an_answer_with_another_status_is_an_error_and_is_not_timed(serve):
    port = serve(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n")

    sample = drive(port, [b"only"], connections=1, seconds=30, once=True, expect="200")

    assert (sample.milliseconds, sample.errors) == ([], {"503": 1})
