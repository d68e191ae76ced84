using System.Net;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What people read, and search for, when an operation ended badly.</summary>
public class FailuresTests
{
    private static readonly byte[] Buffer = [1, 2, 3, 4, 5];
    private static readonly IPEndPoint Address = new(IPAddress.Loopback, 8333);

    public static TheoryData<SockStatus, string, string, string, string> Words =>
        new()
        {
            {
                SockStatus.Timeout,
                $"Send timeout{OfSend}",
                $"Receive timeout{OfRecv}",
                $"Receive timeout{OfLine}",
                "Connect to 127.0.0.1:8333 timeout"
            },
            {
                SockStatus.Interrupted,
                $"Send interrupted{OfSend}",
                $"Receive interrupted{OfRecv}",
                $"Receive interrupted{OfLine}",
                "Connect to 127.0.0.1:8333 interrupted"
            },
            {
                SockStatus.Inconsistent,
                $"send(){Contradicts}{OfSend}",
                $"recv(){Contradicts}{OfRecv}",
                $"recv(){Contradicts}{OfLine}",
                $"connect() to 127.0.0.1:8333 failed{Contradicts}"
            },
            {
                SockStatus.Failed,
                $"send(): {NetworkError.NetworkErrorString(4711)}{OfSend}",
                $"recv(): {NetworkError.NetworkErrorString(4711)}{OfRecv}",
                $"recv(): {NetworkError.NetworkErrorString(4711)}{OfLine}",
                $"connect() to 127.0.0.1:8333 failed: {NetworkError.NetworkErrorString(4711)}"
            },
            {
                SockStatus.Closed,
                $"{Closed}{OfSend}",
                $"{Closed}{OfRecv}",
                $"{Closed}{OfLine}",
                Closed
            },
            { SockStatus.TooLong, TooLong, TooLong, TooLong, TooLong },
            { SockStatus.InvalidText, NoText, NoText, NoText, NoText },
        };

    // How far it got.
    private static string OfSend => " (sent only 3 of 5 bytes before that)";

    private static string OfRecv => " (received only 3 of 5 bytes before that)";

    private static string OfLine => " (received 3 bytes without terminator before that)";

    private static string Contradicts =>
        " contradicts an earlier call; is another reader on this descriptor?";

    private static string Closed => "Connection unexpectedly closed by peer";

    private static string TooLong => "Received too many bytes without a terminator (3)";

    private static string NoText => "Received a line of 3 bytes that is not UTF-8";

    [Theory]
    [MemberData(nameof(Words))]
    public void Each_end_has_its_words_and_hands_back_what_was_received(
        SockStatus status,
        string send,
        string recv,
        string line,
        string connect
    )
    {
        var outcome = new SockOutcome(status, 3, 4711);
        CancellationToken token = new ThreadInterrupt();
        Says(send, [], () => outcome.ThrowIfSendFailed(5, token));
        Says(recv, Buffer[..3], () => outcome.ThrowIfRecvFailed(Buffer, token));
        Says(line, Buffer[..3], () => outcome.ThrowIfLineFailed(Buffer, token));
        Says(line, Buffer[..2], () => outcome.ThrowIfLineFailed(Buffer.AsSpan(0, 2), token));
        Says(line, [], () => outcome.ThrowIfLineFailed(default, token));
        Says(connect, [], () => outcome.ThrowIfConnectFailed(Address, token));

        void Says(string words, byte[] received, Action fail)
        {
            Exception thrown = Assert.ThrowsAny<Exception>(fail);
            Assert.Equal(words, thrown.Message);
            if (status == SockStatus.Interrupted)
            {
                var interrupted = Assert.IsType<SockInterruptedException>(thrown);
                Assert.Equal((3, token), (interrupted.Count, interrupted.CancellationToken));
                Assert.Equal(received, interrupted.Received);
                return;
            }

            var failed = Assert.IsType<SockException>(thrown);
            Assert.Equal((status, 3, 4711), (failed.Status, failed.Count, failed.ErrorCode));
            Assert.Equal(received, failed.Received);
        }
    }

    [Property]
    public void What_is_thrown_knows_what_the_outcome_knew_and_has_the_bytes(
        SockStatus status,
        byte[] buffer,
        byte any,
        ErrorCode code
    )
    {
        var outcome = new SockOutcome(status, any % (buffer.Length + 1), code.Value);
        byte[] received = buffer[..outcome.Count];
        Exception? thrown = Record.Exception(() => outcome.ThrowIfRecvFailed(buffer, default));
        switch (thrown)
        {
            case SockException failed:
                Assert.Equal(
                    outcome,
                    new SockOutcome(failed.Status, failed.Count, failed.ErrorCode)
                );
                Assert.Equal(received, failed.Received);
                break;
            case SockInterruptedException interrupted:
                Assert.Equal(SockStatus.Interrupted, status);
                Assert.Equal(outcome.Count, interrupted.Count);
                Assert.Equal(received, interrupted.Received);
                break;
            default:
                Assert.Null(thrown);
                Assert.True(outcome.IsOk);
                break;
        }
    }

    [Fact]
    public void A_success_throws_nothing()
    {
        SockOutcome outcome = SockOutcome.Ok(3);
        outcome.ThrowIfSendFailed(5, default);
        outcome.ThrowIfRecvFailed(Buffer, default);
        outcome.ThrowIfLineFailed(Buffer, default);
        outcome.ThrowIfConnectFailed(Address, default);
    }

    [Fact]
    public void A_line_that_ended_badly_is_no_text_though_its_bytes_are_one()
    {
        var sock = new ScriptedSock("half");
        SockOutcome outcome = sock.TryRecvUntilTerminator(
            (byte)'\n',
            TimeSpan.Zero,
            default,
            9,
            out string? line,
            out ReadOnlyMemory<byte> received
        );
        Assert.Equal(new SockOutcome(SockStatus.Timeout, 4, 0), outcome);
        Assert.Null(line);
        Assert.Equal("half"u8, received.Span);
    }
}
