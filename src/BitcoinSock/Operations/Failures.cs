using System.Net;

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
            ReadOnlyMemory<byte> received = Copy(buffer[..outcome.Count]);
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
            buffer = buffer[..Math.Min(outcome.Count, buffer.Length)];
            throw LineFailed(outcome, Copy(buffer), interrupt);
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

    public static void ThrowIfAcceptFailed(this SockOutcome outcome, CancellationToken interrupt)
    {
        if (!outcome.IsOk)
        {
            throw Exception(
                outcome,
                "socket error accept failed",
                "Accept",
                "",
                default,
                interrupt
            );
        }
    }

    public static string ToText(
        this SockOutcome outcome,
        PooledBuffer buffer,
        CancellationToken interrupt
    )
    {
        outcome = outcome.Decode(buffer, out string? line, out ReadOnlyMemory<byte> received);
        return line ?? throw LineFailed(outcome, received, interrupt);
    }

    public static SockOutcome Decode(
        this SockOutcome outcome,
        PooledBuffer buffer,
        out string? line,
        out ReadOnlyMemory<byte> received
    )
    {
        line = outcome.IsOk ? buffer.ToText() : null;
        received = line is null ? buffer.ToMemory() : default;
        bool isWhole = outcome.IsOk && line is null;
        return isWhole ? outcome with { Status = SockStatus.InvalidText } : outcome;
    }

    public static Exception LineFailed(
        SockOutcome outcome,
        ReadOnlyMemory<byte> received,
        CancellationToken interrupt
    )
    {
        string progress = $" (received {outcome.Count} bytes without terminator before that)";
        return Exception(outcome, "recv()", "Receive", progress, received, interrupt);
    }

    // Where there is no memory for it, the caller has the bytes in his buffer all the same.
    private static ReadOnlyMemory<byte> Copy(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return bytes.ToArray();
        }
        catch (OutOfMemoryException)
        {
            return default;
        }
    }

    private static Exception Exception(
        SockOutcome outcome,
        string call,
        string job,
        string progress,
        ReadOnlyMemory<byte> received,
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
