using System.Buffers.Binary;

namespace BitcoinSock.Bench;

/// <summary>What reads frames in BitcoinSock; none of these over-reads.</summary>
internal static class ReadOperations
{
    public const int TimeoutMs = 30_000;

    public const int DefaultWindow = 64 * Payload.KiB;

    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(TimeoutMs);

    /// <summary>A call each, and nothing kept between them.</summary>
    public static readonly ReadMethod Single = new(
        "recv_single",
        (sock, payload) =>
        {
            byte[] line = new byte[payload.LongestFrame];
            var tally = new Tally();
            while (tally.Bytes < payload.Total.Bytes)
            {
                int length = sock.RecvUntilTerminator(Payload.Terminator, line, Timeout);
                tally.Frames++;
                tally.Bytes += length + 1;
            }

            return tally;
        },
        "RecvUntilTerminator into a span"
    );

    /// <summary>The same on a socket of the base library.</summary>
    public static readonly ReadMethod Managed = new(
        "managed",
        (sock, payload) =>
        {
            using var managed = new ManagedSock(sock.ToSocket());
            byte[] line = new byte[payload.LongestFrame];
            var tally = new Tally();
            while (tally.Bytes < payload.Total.Bytes)
            {
                int length = managed.RecvUntilTerminator(Payload.Terminator, line, Timeout);
                tally.Frames++;
                tally.Bytes += length + 1;
            }

            return tally;
        },
        "RecvUntilTerminator of ManagedSock"
    );

    /// <summary>The same, awaited.</summary>
    public static readonly ReadMethod Awaited = new(
        "managed_async",
        (sock, payload) =>
        {
            using var managed = new ManagedSock(sock.ToSocket());
            return ReadAsync().GetAwaiter().GetResult();

            async Task<Tally> ReadAsync()
            {
                byte[] line = new byte[payload.LongestFrame];
                var tally = new Tally();
                while (tally.Bytes < payload.Total.Bytes)
                {
                    int length = await managed
                        .RecvUntilTerminatorAsync(Payload.Terminator, line, Timeout)
                        .ConfigureAwait(false);
                    tally.Frames++;
                    tally.Bytes += length + 1;
                }

                return tally;
            }
        },
        "RecvUntilTerminatorAsync of it"
    );

    public static readonly ReadMethod Window = Windowed(DefaultWindow);

    public static readonly ReadMethod Batch = Batched(DefaultWindow);

    /// <summary>FrameReader, one frame a call.</summary>
    public static ReadMethod Windowed(int window) =>
        new(
            "recv_window",
            (sock, payload) =>
            {
                using FrameReader reader = new(sock, payload.Framing, payload.LongestFrame, window);
                return ReadEach(reader, payload);
            },
            "FrameReader, a frame a call"
        );

    /// <summary>One frame a call, consumed together.</summary>
    public static readonly ReadMethod Deferred = new(
        "recv_deferred",
        (sock, payload) =>
        {
            using FrameReader reader = new(sock, payload.Framing, payload.LongestFrame)
            {
                IsDeferred = true,
            };
            return ReadEach(reader, payload);
        },
        "FrameReader, deferred"
    );

    /// <summary>Bitcoin's messages, by their header and then the rest.</summary>
    public static readonly ReadMethod HeaderAndRest = new(
        "header, rest",
        (sock, payload) =>
        {
            byte[] message = new byte[payload.LongestFrame];
            var tally = new Tally();
            while (tally.Bytes < payload.Total.Bytes)
            {
                Span<byte> header = message.AsSpan(0, Payload.MessageHeader);
                sock.RecvComplete(header, Timeout);
                int length = BinaryPrimitives.ReadInt32LittleEndian(
                    header[Payload.MessageLengthOffset..]
                );
                sock.RecvComplete(message.AsSpan(Payload.MessageHeader, length), Timeout);
                tally.Frames++;
                tally.Bytes += Payload.MessageHeader + length;
            }

            return tally;
        },
        "RecvComplete, twice"
    );

    /// <summary>FrameReader, all the frames of a window in a call.</summary>
    public static ReadMethod Batched(int window) =>
        new(
            "recv_batch",
            (sock, payload) =>
            {
                using FrameReader reader = new(sock, payload.Framing, payload.LongestFrame, window);
                Span<Range> frames = new Range[Math.Max(window / 16, 1)];
                var tally = new Tally();
                while (tally.Bytes < payload.Total.Bytes)
                {
                    FrameBatch batch = reader.ReadBatch(frames, Timeout);
                    tally.Frames += batch.Count;
                    tally.Bytes += batch.Bytes.Length;
                }

                return tally;
            },
            "FrameReader, a batch a call"
        );

    private static Tally ReadEach(FrameReader reader, Payload payload)
    {
        var tally = new Tally();
        while (tally.Bytes < payload.Total.Bytes)
        {
            ReadOnlySpan<byte> frame = reader.Read(Timeout);
            tally.Frames++;
            tally.Bytes += frame.Length + payload.Framing.TerminatorLength;
        }

        return tally;
    }
}
