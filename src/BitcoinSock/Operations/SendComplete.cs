using System.Buffers;
using System.Text;

namespace BitcoinSock;

/// <summary>
/// The operations: each finishes a job under a deadline and an interrupt, written once over the
/// capabilities it needs. The Try forms end in one <see cref="SockOutcome"/> and never throw on
/// one; the others throw <see cref="SockException"/> or <see cref="SockInterruptedException"/>
/// instead. Wrong arguments throw before anything is touched.
/// </summary>
/// <remarks>
/// Operations are for streams: TCP, SOCK_STREAM of unix, pipes, TLS. On a socket of messages,
/// SOCK_DGRAM or SOCK_SEQPACKET, a receive without room for the whole message loses the rest of it.
/// Operations that receive therefore refuse a <see cref="Sock"/> that was created for messages; of
/// a descriptor from elsewhere they do not ask the system what it is.
/// </remarks>
public static partial class SockOperations
{
    // What is no text is refused, not sent as a question mark.
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Sends all of it. Core's <c>SendComplete</c>.</summary>
    /// <param name="sock">Where to.</param>
    /// <param name="data">The bytes; none means success without a call.</param>
    /// <param name="timeout">
    /// For the whole: zero is one try, <see cref="Timeout.InfiniteTimeSpan"/> no deadline.
    /// </param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <returns>
    /// Ok, Timeout, Interrupted, Failed or Inconsistent. The count is what the system accepted,
    /// which is what the peer can drain.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public static SockOutcome TrySendComplete<TSock>(
        this TSock sock,
        ReadOnlySpan<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TSock : ISockSend, ISockWait =>
        sock is ISockSendComplete own
            ? own.TrySendComplete(data, timeout, interrupt)
            : TrySendComplete(sock, data, default, timeout, interrupt);

    /// <summary>
    /// Sends both, one after the other, without joining them in memory; in one call if the sock is
    /// an <see cref="ISockSendVectored"/>.
    /// </summary>
    /// <param name="sock">Where to.</param>
    /// <param name="header">The bytes that go first.</param>
    /// <param name="payload">The bytes that follow.</param>
    /// <param name="timeout">For the whole.</param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <returns>As for one buffer; the count is of both together.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    /// <exception cref="ArgumentException">Together they exceed 2 GiB.</exception>
    public static SockOutcome TrySendComplete<TSock>(
        this TSock sock,
        ReadOnlySpan<byte> header,
        ReadOnlySpan<byte> payload,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TSock : ISockSend, ISockWait
    {
        int total = TotalLength(header, payload);
        using Observed? observed = Observed.Begin(sock, nameof(SendComplete));
        var job = new SendJob(observed ?? (ISockSend)sock, total);
        var parts = new Parts(header, payload);
        return Driver.Run(sock, observed, ref job, parts, timeout, interrupt);
    }

    /// <summary>Sends all parts, one after the other, without joining them in memory.</summary>
    /// <param name="sock">Where to.</param>
    /// <param name="data">The parts, such as a PipeReader has them.</param>
    /// <param name="timeout">For the whole.</param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <returns>As for one buffer; the count is of all together.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    /// <exception cref="ArgumentException">Together they exceed 2 GiB.</exception>
    public static SockOutcome TrySendComplete<TSock>(
        this TSock sock,
        ReadOnlySequence<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TSock : ISockSend, ISockWait
    {
        int total = TotalLength(data);
        using Observed? observed = Observed.Begin(sock, nameof(SendComplete));
        var job = new SendSequenceJob(observed ?? (ISockSend)sock, total);
        return Driver.Run(sock, observed, ref job, data, timeout, interrupt);
    }

    /// <summary>Sends all of it, or throws. Core's <c>SendComplete</c>.</summary>
    /// <inheritdoc cref="TrySendComplete{TSock}(TSock, ReadOnlySpan{byte}, TimeSpan,
    /// CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <exception cref="SockException">It could not; Count says how much was sent.</exception>
    /// <exception cref="SockInterruptedException">The interrupt fired.</exception>
    public static void SendComplete<TSock>(
        this TSock sock,
        ReadOnlySpan<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TSock : ISockSend, ISockWait =>
        TrySendComplete(sock, data, timeout, interrupt).ThrowIfSendFailed(data.Length, interrupt);

    /// <summary>Sends both, one after the other, or throws.</summary>
    /// <inheritdoc cref="TrySendComplete{TSock}(TSock, ReadOnlySpan{byte}, ReadOnlySpan{byte},
    /// TimeSpan, CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <exception cref="SockException">It could not; Count says how much was sent.</exception>
    /// <exception cref="SockInterruptedException">The interrupt fired.</exception>
    public static void SendComplete<TSock>(
        this TSock sock,
        ReadOnlySpan<byte> header,
        ReadOnlySpan<byte> payload,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TSock : ISockSend, ISockWait =>
        TrySendComplete(sock, header, payload, timeout, interrupt)
            .ThrowIfSendFailed(TotalLength(header, payload), interrupt);

    /// <summary>Sends all parts, one after the other, or throws.</summary>
    /// <inheritdoc cref="TrySendComplete{TSock}(TSock, ReadOnlySequence{byte}, TimeSpan,
    /// CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <exception cref="SockException">It could not; Count says how much was sent.</exception>
    /// <exception cref="SockInterruptedException">The interrupt fired.</exception>
    public static void SendComplete<TSock>(
        this TSock sock,
        ReadOnlySequence<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TSock : ISockSend, ISockWait =>
        TrySendComplete(sock, data, timeout, interrupt)
            .ThrowIfSendFailed(TotalLength(data), interrupt);

    /// <summary>Sends a text as UTF-8. Counts are of bytes.</summary>
    /// <exception cref="ArgumentException">
    /// Half a surrogate pair is no text; or these are more bytes than an array can hold.
    /// </exception>
    /// <inheritdoc cref="TrySendComplete{TSock}(TSock, ReadOnlySpan{byte}, TimeSpan,
    /// CancellationToken)"/>
    public static SockOutcome TrySendComplete<TSock>(
        this TSock sock,
        string data,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TSock : ISockSend, ISockWait
    {
        using PooledBuffer bytes = Encode(data);
        return TrySendComplete(sock, bytes.Written, timeout, interrupt);
    }

    /// <summary>Sends a text as UTF-8, or throws. Counts are of bytes.</summary>
    /// <exception cref="ArgumentException">
    /// Half a surrogate pair is no text; or these are more bytes than an array can hold.
    /// </exception>
    /// <inheritdoc cref="SendComplete{TSock}(TSock, ReadOnlySpan{byte}, TimeSpan,
    /// CancellationToken)"/>
    public static void SendComplete<TSock>(
        this TSock sock,
        string data,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TSock : ISockSend, ISockWait
    {
        using PooledBuffer bytes = Encode(data);
        SendComplete(sock, bytes.Written, timeout, interrupt);
    }

    private static PooledBuffer Encode(string data) =>
        PooledBuffer.Of(data, Strict, EncodedLength(data));

    private static int EncodedLength(string data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return Total(Utf8Length(data), Array.MaxLength, nameof(data));
    }

    // The base library counts in an int, so of parts, none of which ends within a pair.
    internal static long Utf8Length(ReadOnlySpan<char> text, int part = 1 << 29)
    {
        long length = 0;
        while (!text.IsEmpty)
        {
            int end = Math.Min(part, text.Length);
            end += end < text.Length && char.IsHighSurrogate(text[end - 1]) ? 1 : 0;
            length += Strict.GetByteCount(text[..end]);
            text = text[end..];
        }

        return length;
    }

    private static int TotalLength(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) =>
        Total((long)header.Length + payload.Length, int.MaxValue, nameof(payload));

    private static int TotalLength(ReadOnlySequence<byte> data) =>
        Total(data.Length, int.MaxValue, nameof(data));

    internal static int Total(long length, int most, string name) =>
        length <= most
            ? (int)length
            : throw new ArgumentException(
                $"{length} bytes are more than one operation can count.",
                name
            );
}
