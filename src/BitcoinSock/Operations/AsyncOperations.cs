namespace BitcoinSock;

// The operations for those who await: the same steps, looked at in the same order, with the same
// outcomes and counts. Only the waits differ.
public static partial class SockOperations
{
    /// <summary>Sends all of it.</summary>
    /// <inheritdoc cref="TrySendComplete{TSock}(TSock, ReadOnlySpan{byte}, TimeSpan,
    /// CancellationToken)"/>
    public static ValueTask<SockOutcome> TrySendCompleteAsync(
        this ISockAsync sock,
        ReadOnlyMemory<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt = default
    ) =>
        Observed.Begin(sock, nameof(SendComplete)) is Observed observed
            ? observed.EndAsync(SendAllAsync(observed, data, timeout, interrupt))
            : SendAllAsync(sock, data, timeout, interrupt);

    private static async ValueTask<SockOutcome> SendAllAsync(
        ISockAsync sock,
        ReadOnlyMemory<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        var pace = new Pace(timeout, sock.Clock, interrupt);
        int sent = 0;
        while (sent < data.Length)
        {
            SockOutcome step = Give(sock, data.Span[sent..], default);
            sent += step.Count;
            bool moved = step.Count > 0;
            if (step.IsOk && sent < data.Length)
            {
                step = pace.Look(moved);
                if (step.IsOk && !moved)
                {
                    Deadline slice = pace.Slice();
                    SockResult taken = await sock.SendAsync(
                            data[sent..],
                            slice.Remaining,
                            interrupt
                        )
                        .ConfigureAwait(false);
                    if (taken.Count > data.Length - sent)
                    {
                        return SockOutcome.End(SockStatus.Inconsistent, sent);
                    }

                    sent += Math.Max(taken.Count, 0);
                    step = pace.Waited(taken, slice, out int pauseMs);
                    pauseMs = taken.Count > 0 ? 0 : pauseMs;
                    await Pause.SleepAsync(sock, pauseMs, interrupt).ConfigureAwait(false);
                }
            }

            if (!step.IsOk)
            {
                return step with { Count = sent };
            }
        }

        return SockOutcome.Ok(sent);
    }

    /// <summary>Reads exactly as many bytes as the buffer holds.</summary>
    /// <inheritdoc cref="TryRecvComplete{TSock}(TSock, Span{byte}, TimeSpan, CancellationToken)"/>
    public static ValueTask<SockOutcome> TryRecvCompleteAsync(
        this ISockAsync sock,
        Memory<byte> buffer,
        TimeSpan timeout,
        CancellationToken interrupt = default
    ) =>
        Observed.Begin(sock, nameof(RecvComplete)) is Observed observed
            ? observed.EndAsync(RecvAllAsync(observed, buffer, timeout, interrupt))
            : RecvAllAsync(sock, buffer, timeout, interrupt);

    private static async ValueTask<SockOutcome> RecvAllAsync(
        ISockAsync sock,
        Memory<byte> buffer,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        var pace = new Pace(timeout, sock.Clock, interrupt);
        int received = 0;
        while (received < buffer.Length)
        {
            SockOutcome step = Take(sock, buffer.Span[received..]);
            received += step.Count;
            bool moved = step.Count > 0;
            if (step.IsOk && received < buffer.Length)
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

        return SockOutcome.Ok(received);
    }

    /// <summary>Sends all of it, or throws.</summary>
    /// <inheritdoc cref="SendComplete{TSock}(TSock, ReadOnlySpan{byte}, TimeSpan,
    /// CancellationToken)"/>
    public static async ValueTask SendCompleteAsync(
        this ISockAsync sock,
        ReadOnlyMemory<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        SockOutcome outcome = await sock.TrySendCompleteAsync(data, timeout, interrupt)
            .ConfigureAwait(false);
        outcome.ThrowIfSendFailed(data.Length, interrupt);
    }

    /// <summary>Sends a text as UTF-8, or throws. Counts are of bytes.</summary>
    /// <inheritdoc cref="SendComplete{TSock}(TSock, string, TimeSpan, CancellationToken)"/>
    public static ValueTask SendCompleteAsync(
        this ISockAsync sock,
        string data,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        byte[] bytes = new byte[EncodedLength(data)];
        Strict.GetBytes(data, bytes);
        return sock.SendCompleteAsync(bytes, timeout, interrupt);
    }

    /// <summary>Reads exactly as many bytes as the buffer holds, or throws.</summary>
    /// <inheritdoc cref="RecvComplete{TSock}(TSock, Span{byte}, TimeSpan, CancellationToken)"/>
    public static async ValueTask RecvCompleteAsync(
        this ISockAsync sock,
        Memory<byte> buffer,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        SockOutcome outcome = await sock.TryRecvCompleteAsync(buffer, timeout, interrupt)
            .ConfigureAwait(false);
        outcome.ThrowIfRecvFailed(buffer.Span, interrupt);
    }
}
