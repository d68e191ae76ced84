using System.Net;
using System.Text;
using System.Text.Unicode;

namespace BitcoinSock;

/// <summary>
/// From outcomes to exceptions, in Core's words, because people search for them. The only place
/// that knows these.
/// </summary>
internal static class Failures
{
    public static void ThrowIfSendFailed(
        this SockOutcome outcome,
        int total,
        CancellationToken interrupt
    )
    {
        if (!outcome.IsOk)
        {
            string progress = $" (sent only {outcome.Count} of {total} bytes before that)";
            throw Exception(outcome, "send()", "Send", progress, default, interrupt);
        }
    }

    public static void ThrowIfRecvFailed(
        this SockOutcome outcome,
        ReadOnlySpan<byte> buffer,
        CancellationToken interrupt
    )
    {
        if (!outcome.IsOk)
        {
            string progress =
                $" (received only {outcome.Count} of {buffer.Length} bytes before that)";
            byte[] received = buffer[..outcome.Count].ToArray();
            throw Exception(outcome, "recv()", "Receive", progress, received, interrupt);
        }
    }

    /// <param name="outcome">How the line ended.</param>
    /// <param name="buffer">
    /// Where its bytes are; empty if the caller has them in his writer.
    /// </param>
    /// <param name="interrupt">The interrupt.</param>
    public static void ThrowIfLineFailed(
        this SockOutcome outcome,
        ReadOnlySpan<byte> buffer,
        CancellationToken interrupt
    )
    {
        if (!outcome.IsOk)
        {
            string progress = $" (received {outcome.Count} bytes without terminator before that)";
            byte[] received = buffer[..Math.Min(outcome.Count, buffer.Length)].ToArray();
            throw Exception(outcome, "recv()", "Receive", progress, received, interrupt);
        }
    }

    public static void ThrowIfConnectFailed(
        this SockOutcome outcome,
        EndPoint endPoint,
        CancellationToken interrupt
    )
    {
        if (!outcome.IsOk)
        {
            string call = $"connect() to {endPoint} failed";
            throw Exception(outcome, call, $"Connect to {endPoint}", "", default, interrupt);
        }
    }

    public static string ToText(
        this SockOutcome outcome,
        PooledBuffer buffer,
        CancellationToken interrupt
    )
    {
        outcome = outcome.Decode(buffer, out string? line, out ReadOnlyMemory<byte> received);
        outcome.ThrowIfLineFailed(received.Span, interrupt);
        return line!;
    }

    public static SockOutcome Decode(
        this SockOutcome outcome,
        PooledBuffer buffer,
        out string? line,
        out ReadOnlyMemory<byte> received
    )
    {
        if (outcome.IsOk && Utf8.IsValid(buffer.Written))
        {
            line = Encoding.UTF8.GetString(buffer.Written);
            received = default;
            return outcome;
        }

        line = null;
        received = buffer.Written.ToArray();
        return outcome.IsOk ? outcome with { Status = SockStatus.InvalidText } : outcome;
    }

    private static Exception Exception(
        SockOutcome outcome,
        string call,
        string job,
        string progress,
        byte[]? received,
        CancellationToken interrupt
    )
    {
        if (outcome.Status == SockStatus.Interrupted)
        {
            string text = $"{job} interrupted{progress}";
            return new SockInterruptedException(text, outcome.Count, interrupt, received);
        }

        string message = outcome.Status switch
        {
            SockStatus.Timeout => $"{job} timeout{progress}",
            SockStatus.Closed => $"Connection unexpectedly closed by peer{progress}",
            SockStatus.TooLong => $"Received too many bytes without a terminator ({outcome.Count})",
            SockStatus.InvalidText => $"Received a line of {outcome.Count} bytes that is not UTF-8",
            SockStatus.Inconsistent => $"{call} contradicts an earlier call; "
                + $"is another reader on this descriptor?{progress}",
            _ => $"{call}: {NetworkError.NetworkErrorString(outcome.Error)}{progress}",
        };
        return new SockException(message, outcome, received);
    }
}
