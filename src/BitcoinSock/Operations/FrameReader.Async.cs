using System.Runtime.CompilerServices;

namespace BitcoinSock;

// For those who await, over a sock that is an ISockAsync.
public sealed partial class FrameReader
{
    /// <summary>Reads one frame.</summary>
    /// <inheritdoc cref="TryRead(out ReadOnlySpan{byte}, TimeSpan, CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <returns>
    /// The outcome, as of the form that blocks, and the frame without its terminator, valid until
    /// the next call. If there is none, the bytes that were consumed.
    /// </returns>
    /// <exception cref="NotSupportedException">The sock cannot be awaited.</exception>
    public async ValueTask<(SockOutcome Outcome, ReadOnlyMemory<byte> Frame)> TryReadAsync(
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        var reading = ReadAsync(OneFrame, _one, null, _maxFrame, timeout, interrupt);
        SockOutcome outcome = WithoutTerminator(await reading.ConfigureAwait(false));
        return (outcome, _taken.AsMemory(0, outcome.Count));
    }

    /// <summary>Reads one frame into a buffer of the caller's.</summary>
    /// <inheritdoc cref="TryRead(Span{byte}, TimeSpan, CancellationToken)"/>
    /// <exception cref="NotSupportedException">The sock cannot be awaited.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<SockOutcome> TryReadAsync(
        Memory<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        int limit = Math.Min(_maxFrame, destination.Length);
        var reading = ReadAsync(OneFrame, _one, destination, limit, timeout, interrupt);
        return WithoutTerminator(await reading.ConfigureAwait(false));
    }

    /// <summary>Reads every complete frame at hand, but at least one.</summary>
    /// <inheritdoc cref="TryReadBatch(Span{Range}, out FrameBatch, TimeSpan, CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <returns>
    /// The outcome, as of the form that blocks; how many frames were read, which is how many of
    /// <paramref name="frames"/> say where they are; and the bytes that they are in, valid until
    /// the next call.
    /// </returns>
    /// <exception cref="NotSupportedException">The sock cannot be awaited.</exception>
    public async ValueTask<(
        SockOutcome Outcome,
        int Count,
        ReadOnlyMemory<byte> Bytes
    )> TryReadBatchAsync(
        Memory<Range> frames,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        if (frames.IsEmpty)
        {
            throw new ArgumentException("A batch has at least one frame.", nameof(frames));
        }

        var reading = ReadAsync(Batch, frames, null, _maxFrame, timeout, interrupt);
        SockOutcome outcome = await reading.ConfigureAwait(false);
        return (outcome, _complete, _taken.AsMemory(0, outcome.Count));
    }

    /// <summary>Reads one frame, or throws.</summary>
    /// <inheritdoc cref="Read(TimeSpan, CancellationToken)"/>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        (SockOutcome outcome, ReadOnlyMemory<byte> frame) = await TryReadAsync(timeout, interrupt)
            .ConfigureAwait(false);
        outcome.ThrowIfLineFailed(frame.Span, interrupt);
        return frame;
    }

    /// <summary>Reads one frame into a buffer of the caller's, or throws.</summary>
    /// <inheritdoc cref="Read(Span{byte}, TimeSpan, CancellationToken)"/>
    public async ValueTask<int> ReadAsync(
        Memory<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        SockOutcome outcome = await TryReadAsync(destination, timeout, interrupt)
            .ConfigureAwait(false);
        outcome.ThrowIfLineFailed(destination.Span, interrupt);
        return outcome.Count;
    }

    /// <summary>Reads every complete frame at hand, but at least one, or throws.</summary>
    /// <inheritdoc cref="ReadBatch(Span{Range}, TimeSpan, CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <returns>
    /// How many frames were read, which is how many of <paramref name="frames"/> say where they
    /// are, and the bytes that they are in, valid until the next call.
    /// </returns>
    public async ValueTask<(int Count, ReadOnlyMemory<byte> Bytes)> ReadBatchAsync(
        Memory<Range> frames,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        (SockOutcome outcome, int count, ReadOnlyMemory<byte> bytes) = await TryReadBatchAsync(
                frames,
                timeout,
                interrupt
            )
            .ConfigureAwait(false);
        outcome.ThrowIfLineFailed(bytes.Span, interrupt);
        return (count, bytes);
    }
}
