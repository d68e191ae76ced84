using System.Buffers;

namespace BitcoinSock;

// RecvUntilTerminator for those who await.
public static partial class SockOperations
{
    /// <summary>Reads up to the first terminator and not one byte further.</summary>
    /// <inheritdoc cref="TryRecvUntilTerminator{TSock}(TSock, byte, Span{byte}, TimeSpan,
    /// CancellationToken)"/>
    public static ValueTask<SockOutcome> TryRecvUntilTerminatorAsync(
        this ISockAsync sock,
        byte terminator,
        Memory<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        var room = new AsyncRoom(destination);
        int maxData = destination.Length;
        return Observed.Begin(sock, nameof(RecvUntilTerminator)) is Observed observed
            ? observed.EndAsync(
                RecvLineAsync(observed, terminator, room, timeout, interrupt, maxData)
            )
            : RecvLineAsync(sock, terminator, room, timeout, interrupt, maxData);
    }

    /// <summary>
    /// Reads up to the first terminator and not one byte further, into a buffer writer.
    /// </summary>
    /// <inheritdoc cref="TryRecvUntilTerminator{TSock}(TSock, byte, IBufferWriter{byte}, TimeSpan,
    /// CancellationToken, int)"/>
    public static ValueTask<SockOutcome> TryRecvUntilTerminatorAsync(
        this ISockAsync sock,
        byte terminator,
        IBufferWriter<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt,
        int maxData
    )
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentOutOfRangeException.ThrowIfNegative(maxData);
        maxData = Math.Min(maxData, Array.MaxLength); // no buffer holds more
        var room = new AsyncRoom(destination);
        return Observed.Begin(sock, nameof(RecvUntilTerminator)) is Observed observed
            ? observed.EndAsync(
                RecvLineAsync(observed, terminator, room, timeout, interrupt, maxData)
            )
            : RecvLineAsync(sock, terminator, room, timeout, interrupt, maxData);
    }

    /// <summary>Reads a line into memory, or throws.</summary>
    /// <inheritdoc cref="RecvUntilTerminator{TSock}(TSock, byte, Span{byte}, TimeSpan,
    /// CancellationToken)"/>
    public static async ValueTask<int> RecvUntilTerminatorAsync(
        this ISockAsync sock,
        byte terminator,
        Memory<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        SockOutcome outcome = await sock.TryRecvUntilTerminatorAsync(
                terminator,
                destination,
                timeout,
                interrupt
            )
            .ConfigureAwait(false);
        outcome.ThrowIfLineFailed(destination.Span, interrupt);
        return outcome.Count;
    }

    /// <summary>Reads a line of text, and not one byte further, or throws.</summary>
    /// <inheritdoc cref="RecvUntilTerminator{TSock}(TSock, byte, TimeSpan, CancellationToken,
    /// int)"/>
    public static async ValueTask<string> RecvUntilTerminatorAsync(
        this ISockAsync sock,
        byte terminator,
        TimeSpan timeout,
        CancellationToken interrupt,
        int maxData
    )
    {
        using PooledBuffer line = PooledBuffer.Rent();
        SockOutcome outcome = await sock.TryRecvUntilTerminatorAsync(
                terminator,
                line,
                timeout,
                interrupt,
                maxData
            )
            .ConfigureAwait(false);
        return outcome.ToText(line, interrupt);
    }

    private static async ValueTask<SockOutcome> RecvLineAsync(
        ISockAsync sock,
        byte terminator,
        AsyncRoom room,
        TimeSpan timeout,
        CancellationToken interrupt,
        int maxData
    )
    {
        var pace = new Pace(timeout, sock.Clock, interrupt);
        int received = 0;
        int windowMax = FirstWindow;
        while (received < maxData)
        {
            Memory<byte> window = room.Next(Math.Min(windowMax, maxData - received));
            if (window.IsEmpty)
            {
                break;
            }

            SockOutcome step = PeekThenTake(sock, terminator, window.Span);
            received += step.Count;
            bool moved = step.Count > 0;
            bool found = step.IsOk && moved && window.Span[step.Count - 1] == terminator;
            room.Advance(found ? step.Count - 1 : step.Count);
            if (found)
            {
                return SockOutcome.Ok(received - 1);
            }

            windowMax =
                step.Count == windowMax ? Math.Min(2 * windowMax, LargestWindow) : windowMax;
            if (step.IsOk && received < maxData)
            {
                step = pace.Look(moved);
                if (step.IsOk && !moved)
                {
                    Deadline slice = pace.Slice();
                    SockResult waited = await sock.WaitRecvAsync(slice.Remaining, interrupt)
                        .ConfigureAwait(false);
                    step = pace.Waited(waited, slice, out int pauseMs);
                    await Pause.SleepAsync(sock, pauseMs, interrupt).ConfigureAwait(false);
                }
            }

            if (!step.IsOk)
            {
                return step with { Count = received };
            }
        }

        return SockOutcome.End(SockStatus.TooLong, received);
    }

    private static SockOutcome PeekThenTake(ISockAsync sock, byte terminator, Span<byte> window)
    {
        byte[]? rented = null;
        try
        {
            return PeekThenTake(sock, terminator, window, Grow(ref rented, window.Length));
        }
        finally
        {
            Return(rented);
        }
    }

    /// <summary>Where a line goes, for as long as it takes.</summary>
    private struct AsyncRoom
    {
        private readonly IBufferWriter<byte>? _writer;
        private Memory<byte> _memory;

        public AsyncRoom(Memory<byte> memory) => _memory = memory;

        public AsyncRoom(IBufferWriter<byte> writer) => _writer = writer;

        public readonly Memory<byte> Next(int length)
        {
            Memory<byte> offered = _writer is null ? _memory : _writer.GetMemory(length);
            return offered[..Math.Min(length, offered.Length)];
        }

        public void Advance(int count)
        {
            if (_writer is null)
            {
                _memory = _memory[count..];
            }
            else
            {
                _writer.Advance(count);
            }
        }
    }
}
